"""Snapshots of what decided: for a sender, a template and a country, what the rules knew and what each of them said.

A snapshot is worked out once per pair and change of facts, and written once per content, however many messages are
judged by it. Years later it says why a message was allowed, whatever became of sender, template and registration.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import transaction

from compliance.models import Ruling
from compliance.rules import style
from compliance.rules.calls import TemplateCalls
from compliance.rules.contract import Pair, Refusal
from compliance.rules.country import package_for
from compliance.rules.decisions import Decisions, link_rules, pair_rules
from compliance.rules.rule import About
from kernel.db.tenancy import current_tenant_id, scoped_connection

# What a fact is called for people, in the order of the page.
FACTS: Final[Mapping[str, str]] = {
    "destination": "Rules of",
    "sender": "Sender",
    "sender_review": "Sender, reviewed here",
    "sender_registration": "Sender's registration",
    "sender_state": "Sender, on the portal",
    "entity": "Entity",
    "entity_state": "Entity, on the portal",
    "template": "Template",
    "template_review": "Template, reviewed here",
    "template_category": "Category",
    "template_topic": "Topic",
    "template_text": "Text and variables, SHA-256",
    "template_header": "Template's sender",
    "template_registration": "Template's registration",
    "template_linked": "Header it is registered for",
    "template_state": "Template, on the portal",
    "links": "Links and numbers whitelisted",
    "links_digest": "Whitelist, SHA-256",
}
_REMEMBERED: Final = 10_000
_snapshots: Final[WeakKeyDictionary[Decisions, dict[tuple[str, UUID | None, str], Snapshot]]] = WeakKeyDictionary()
# Tenants and ids of rulings that are committed.
_written: Final[set[tuple[UUID, UUID]]] = set()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """As `compliance.models.Ruling`; `content` has `facts` (name → text) and `rules` ([key, level, detail or ""])."""

    id: UUID
    digest: str
    header: str
    template_id: UUID | None
    country: str
    content: Mapping[str, Any]


def snapshot_of(decisions: Decisions, header: str, template_id: UUID | None, country: str) -> Snapshot:
    """What these facts decide; remembered as long as they hold."""
    known = _snapshots.setdefault(decisions, {})
    key = (header, template_id, country)
    found = known.get(key)
    if found is None:
        if len(known) >= _REMEMBERED:
            known.clear()
        found = known[key] = _look(decisions, *key)
    return found


def keep(snapshots: Iterable[Snapshot], *, now: datetime) -> None:
    """Write those that are not there yet, in the caller's transaction of the current tenant."""
    tenant_id = current_tenant_id()
    missing = {each.id: each for each in snapshots if (tenant_id, each.id) not in _written}
    if not missing:
        return
    # In one order, or two transactions with the same two new ones would wait for each other.
    rows = [
        Ruling(
            id=each.id, digest=each.digest, header=each.header[:21], template_id=each.template_id,
            country=each.country, content=each.content, first_at=now,
        )
        for _, each in sorted(missing.items())
    ]  # fmt: skip
    Ruling.objects.bulk_create(rows, ignore_conflicts=True)
    transaction.on_commit(partial(_remember, tenant_id, list(missing)), using=scoped_connection().alias)


def _remember(tenant_id: UUID, ids: Iterable[UUID]) -> None:
    if len(_written) >= _REMEMBERED * 10:
        _written.clear()
    _written.update((tenant_id, each) for each in ids)


def _look(decisions: Decisions, header: str, template_id: UUID | None, country: str) -> Snapshot:
    template = decisions.facts.template(template_id) if template_id else None
    pair = decisions.pair_of(header, template, country)
    content = {"facts": dict(_facts(decisions, pair)), "rules": list(_verdicts(decisions, pair))}
    named = {"header": header, "template": str(template_id) if template_id else None, "country": country, **content}
    digest = sha256(json.dumps(named, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return Snapshot(UUID(digest[:32]), digest, header, template_id, country, content)


def _facts(decisions: Decisions, pair: Pair) -> Iterator[tuple[str, str]]:
    yield "destination", package_for(pair.country).name
    sender, template = pair.sender, pair.template
    if sender is not None:
        yield "sender", f"{sender.header} ({sender.kind})"
        yield "sender_review", sender.state
        if (registered := sender.registrations.get(pair.country)) is not None:
            yield "sender_registration", registered.registration_id
            yield "sender_state", registered.portal_state
        if sender.entity is not None:
            yield "entity", sender.entity.dlt_entity_id
            yield "entity_state", sender.entity.portal_state
    if template is not None:
        yield "template", template.label
        yield "template_review", template.state
        yield "template_category", f"{template.category}, passcode" if template.is_otp else template.category
        yield "template_topic", template.topic
        yield "template_text", sha256(f"{template.body}\n{template.variables}".encode()).hexdigest()
        yield "template_header", template.header
        if (standing := template.registrations.get(pair.country)) is not None:
            yield "template_registration", standing.dlt_template_id
            yield "template_linked", standing.header
            yield "template_state", standing.portal_state
    whitelist = decisions.whitelist_of(pair)
    kinds = (whitelist.exact, whitelist.dynamic, whitelist.short)
    yield "links", str(sum(map(len, kinds)))
    yield "links_digest", sha256(repr([sorted(kind.items()) for kind in kinds]).encode()).hexdigest()


def _verdicts(decisions: Decisions, pair: Pair) -> Iterator[list[str]]:
    """Every rule that looks at the pair: its key, its level and its objection, empty when it has none."""
    levels, package = decisions.facts.levels, package_for(pair.country)
    is_known = pair.sender is not None and pair.template is not None

    def verdict(about: About, objection: Refusal | None) -> list[str]:
        return [about.key, str(about.level(levels)), "" if objection is None else objection.detail]

    for rule in pair_rules(package):
        yield verdict(rule.about, rule.judge(pair))
    if not is_known or pair.template is None:
        return
    whitelist, fixed = decisions.whitelist_of(pair), TemplateCalls(pair.template.compiled).by_slots.fixed
    for link_rule in link_rules(package):
        found = (refusal for call in fixed if (refusal := link_rule.judge(call, pair, whitelist)) is not None)
        yield verdict(link_rule.about, next(found, None))
    for style_rule in style.PAIR_RULES:
        yield verdict(style_rule.about, style_rule.judge(pair))
