"""A tenant's senders and templates as the rules see them: read once per change, kept in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from compliance.cta import Registered, Whitelist
from compliance.levels import Level
from compliance.matching import CompiledTemplate
from compliance.models import DltRegistration, Link, RuleLevel, Sender, SenderRegistration, Template
from compliance.rules.recipient_facts import UNCHOSEN, RecipientFacts, load_recipient_facts
from compliance.statuses import PortalState, ReviewState, traffic_class_of
from compliance.tags import Variable
from kernel.domain.traffic import TrafficClass


class EntityFacts(NamedTuple):
    country: str
    dlt_entity_id: str
    portal_state: str


class SenderRegistrationFacts(NamedTuple):
    registration_id: str
    portal_state: str


class TemplateRegistrationFacts(NamedTuple):
    dlt_template_id: str
    header: str
    portal_state: str
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class SenderFacts:
    id: UUID
    header: str
    kind: str
    state: str
    entity: EntityFacts | None
    registrations: Mapping[str, SenderRegistrationFacts]


@dataclass(frozen=True)
class TemplateFacts:
    """Not slotted: the compiled form is kept on it."""

    id: UUID
    label: str
    body: str
    category: str
    is_otp: bool
    state: str
    header: str
    variables: tuple[Variable, ...]
    registrations: Mapping[str, TemplateRegistrationFacts]
    topic: str = ""
    drafted: date = date.max

    def registered(self, country: str) -> date:
        """Since when it stands on a country's register, as that tells; else the day it was drafted here."""
        registration = self.registrations.get(country)
        return registration.valid_from if registration and registration.valid_from else self.drafted

    @cached_property
    def compiled(self) -> CompiledTemplate:
        return CompiledTemplate.compile(self.body, self.variables)

    @cached_property
    def traffic_class(self) -> TrafficClass:
        return traffic_class_of(self.category, is_otp=self.is_otp)


@dataclass(frozen=True)
class Facts:
    """All that decides about a tenant's messages apart from the recipients' wishes.

    Args:
        by_dlt_id: keyed by the portal's template id.
        whitelists: of each entity, by its registered id.
        levels: what the tenant chose for rules of style, by their keys.
        recipients: what was chosen about recipients: hours, repeats, destinations.
    """

    senders: Mapping[str, SenderFacts]
    templates: Mapping[UUID, TemplateFacts]
    by_dlt_id: Mapping[str, TemplateFacts]
    whitelists: Mapping[str, Whitelist] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    recipients: RecipientFacts = UNCHOSEN

    def template(self, reference: UUID | str) -> TemplateFacts | None:
        """Found by our id or by the portal's."""
        if isinstance(reference, UUID):
            return self.templates.get(reference)
        return self.by_dlt_id.get(reference) or self._by_text(reference)

    def _by_text(self, reference: str) -> TemplateFacts | None:
        try:
            return self.templates.get(UUID(reference))
        except ValueError:
            return None

    def compile(self, references: Iterable[UUID | str]) -> int:
        """Compile these templates ahead of their first message; returns how many there are."""
        found = [template for reference in references if (template := self.template(reference))]
        return len([template.compiled for template in found])

    def approved_of(self, header: str) -> list[TemplateFacts]:
        """The sender's approved templates, those with most fixed text first."""
        own = [t for t in self.templates.values() if t.header == header and t.state == ReviewState.APPROVED]
        return sorted(own, key=lambda template: (-template.compiled.fixed, template.id))


def load_facts(day: date) -> Facts:
    """Read the current tenant's facts: seven queries whatever their number.

    Args:
        day: of the registers; what is active and had its last day before counts as suspended, as on its portal, though
            nobody may have taken that down yet.
    """
    sender_registrations: dict[UUID, dict[str, SenderRegistrationFacts]] = defaultdict(dict)
    headers: Iterable[tuple[Any, ...]] = SenderRegistration.objects.values_list(
        "sender_id", "country", "registration_id", "portal_state", "valid_to"
    )
    for owner, country, own_id, *validity in headers:
        sender_registrations[owner][country] = SenderRegistrationFacts(own_id, _state_on(day, *validity))
    template_registrations: dict[UUID, dict[str, TemplateRegistrationFacts]] = defaultdict(dict)
    texts: Iterable[tuple[Any, ...]] = DltRegistration.objects.values_list(
        "template_id", "country", "dlt_template_id", "header", "valid_from", "portal_state", "valid_to"
    )
    for owner, country, own_id, header, since, *validity in texts:
        told = TemplateRegistrationFacts(own_id, header, _state_on(day, *validity), since)
        template_registrations[owner][country] = told
    senders = _senders(sender_registrations, day)
    templates = _templates(template_registrations)
    by_dlt_id = {
        registration.dlt_template_id: template
        for template in templates
        for registration in template.registrations.values()
    }
    levels = {key: Level(level) for key, level in RuleLevel.objects.values_list("key", "level")}
    by_header = {sender.header: sender for sender in senders}
    by_id = {template.id: template for template in templates}
    return Facts(by_header, by_id, by_dlt_id, _whitelists(day), levels, load_recipient_facts())


def _state_on(day: date, portal_state: str, valid_to: date | None) -> str:
    is_over = portal_state == PortalState.ACTIVE and valid_to is not None and valid_to < day
    return PortalState.SUSPENDED if is_over else portal_state


def _whitelists(day: date) -> dict[str, Whitelist]:
    registered: dict[str, list[Registered]] = defaultdict(list)
    rows: Iterable[tuple[Any, ...]] = Link.objects.values_list(
        "entity__dlt_entity_id", "kind", "value", "header", "portal_state", "valid_to"
    )
    for entity_id, kind, value, header, *validity in rows:
        registered[entity_id].append(Registered(kind, value, header, _state_on(day, *validity)))
    return {entity_id: Whitelist.of(rows) for entity_id, rows in registered.items()}


def _senders(registrations: Mapping[UUID, Mapping[str, SenderRegistrationFacts]], day: date) -> Iterable[SenderFacts]:
    # A rejected header may have been entered again: the standing one comes last and counts.
    rows: list[tuple[Any, ...]] = list(
        Sender.objects.values_list(
            "id",
            "header",
            "kind",
            "state",
            "entity__country",
            "entity__dlt_entity_id",
            "entity__portal_state",
            "entity__valid_to",
        )
    )
    rows.sort(key=lambda row: row[3] != ReviewState.REJECTED)
    for key, header, kind, state, country, entity_id, *validity in rows:
        facts = EntityFacts(country, entity_id, _state_on(day, *validity)) if country else None
        yield SenderFacts(key, header, kind, state, facts, registrations.get(key, {}))


def _templates(registrations: Mapping[UUID, Mapping[str, TemplateRegistrationFacts]]) -> list[TemplateFacts]:
    told = "id", "name", "version", "body", "category", "is_otp", "state", "sender__header", "variables", "topic"
    rows = Template.objects.values_list(*told, "created_at")
    return [
        TemplateFacts(
            id=key,
            label=f"{name} v{version}",
            body=body,
            category=category,
            is_otp=is_otp,
            state=state,
            header=header,
            variables=tuple(Variable.from_json(row) for row in variables),
            registrations=registrations.get(key, {}),
            topic=topic,
            drafted=created_at.date(),
        )
        for key, name, version, body, category, is_otp, state, header, variables, topic, created_at in rows
    ]


def is_active(portal_state: str) -> bool:
    return portal_state == PortalState.ACTIVE
