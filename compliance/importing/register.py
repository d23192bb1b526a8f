"""The records of each kind as the files tell them: what stands in the register, and how what a row says gets there.

Everything here works on many rows at once, in the caller's transaction, and may be repeated: it writes what a row
says, whatever stood there before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from audit.services import Actor
from compliance.errors import WrongState
from compliance.identifiers import INDIA, chain_hash
from compliance.importing.judging import Known
from compliance.models import Chain, ConsentTemplate, Entity, Link, PortalImport, Sender, SenderRegistration
from compliance.models.portal import PortalRecord
from compliance.services.consequences import follow_change
from compliance.statuses import PortalState, ReviewState, SenderKind, StateSource

Values = Mapping[str, str]
_Found = TypeVar("_Found", Entity, Sender)


@dataclass(slots=True)
class Writing:
    """One stretch of rows being applied; `done` collects (type, id, label, before, after) for the trail."""

    job: PortalImport
    actor: Actor
    now: datetime
    done: list[tuple[str, UUID, str, dict[str, Any] | None, dict[str, Any]]] = field(default_factory=list)

    def note(self, kind: str, record: Any, label: str, before: Values | None, after: Values) -> None:
        self.done.append((kind, record.pk, label, None if before is None else dict(before), dict(after)))


class Register(Protocol):
    """One kind of record."""

    def stored(self) -> dict[str, dict[str, str]]:
        """Fields as text of every record, by key."""

    def write(self, rows: Sequence[Values], writing: Writing) -> None:
        """Make records say what the rows say."""


def known(job: PortalImport) -> Known:
    ids = Entity.objects.filter(country=INDIA).exclude(dlt_entity_id="").values_list("id", "dlt_entity_id")
    entities = dict(ids)
    only = next(iter(entities.values())) if len(entities) == 1 else ""
    default = entities.get(job.entity_id, only) if job.entity_id else only
    headers = Sender.objects.exclude(state=ReviewState.REJECTED).values_list("header", flat=True)
    return Known(frozenset(entities.values()), default, frozenset(headers))


def portal_values(record: PortalRecord) -> dict[str, str]:
    return {
        "portal_state": str(record.portal_state),
        "state_reason": record.state_reason,
        "valid_from": record.valid_from.isoformat() if record.valid_from else "",
        "valid_to": record.valid_to.isoformat() if record.valid_to else "",
    }


def tell(record: PortalRecord, values: Values, now: datetime) -> None:
    """Take over what the file says of a record on its portal; what it does not say stays."""
    if "portal_state" in values:
        record.portal_state, record.state_source = values["portal_state"], StateSource.IMPORT
    if "state_reason" in values:
        record.state_reason = values["state_reason"]
    for name in ("valid_from", "valid_to"):
        if values.get(name):
            setattr(record, name, date.fromisoformat(values[name]))
    record.synced_at = now


def entities_by_id() -> dict[str, Entity]:
    return {entity.dlt_entity_id: entity for entity in Entity.objects.filter(country=INDIA).exclude(dlt_entity_id="")}


def still_there(records: Mapping[str, _Found], key: str) -> _Found:
    """The record that the diff had found. Raises WrongState when it left the register since."""
    if key not in records:
        raise WrongState(
            "gone_since", f"{key} is not in the register any more.", "Add it again, then import the file again."
        )
    return records[key]


def stop_or_lift(changed: PortalRecord, writing: Writing) -> None:
    """Unsent messages follow the portal's state at once."""
    follow_change(changed, actor=writing.actor, now=writing.now)


class Headers:
    def stored(self) -> dict[str, dict[str, str]]:
        found = {}
        for sender in self._all():
            registration = next((each for each in sender.registrations.all() if each.country == INDIA), None)
            found[sender.header] = self._values(sender, registration)
        return found

    def write(self, rows: Sequence[Values], writing: Writing) -> None:
        entities, senders = entities_by_id(), {sender.header: sender for sender in self._all()}
        for values in rows:
            sender = senders.get(values["header"])
            if sender is None:
                before, registration = None, None
                kind = SenderKind.NUMERIC if values["header"].isdigit() else SenderKind.ALPHA
                sender = Sender(header=values["header"], kind=kind, created_at=writing.now)
                sender.created_by_id, sender.state = writing.actor.id, ReviewState.DRAFT
            else:
                registration = next((each for each in sender.registrations.all() if each.country == INDIA), None)
                before = self._values(sender, registration)
            if values.get("entity_id"):
                sender.entity = still_there(entities, values["entity_id"])
            sender.save()
            registration = registration or SenderRegistration(sender=sender, country=INDIA)
            for name in ("registration_id", "tenure"):
                if name in values:
                    setattr(registration, name, values[name])
            tell(registration, values, writing.now)
            registration.changed_at = writing.now
            registration.save()
            if before is not None and before["portal_state"] != registration.portal_state:
                stop_or_lift(registration, writing)
            writing.note("sender", sender, sender.header, before, self._values(sender, registration))

    def _all(self) -> list[Sender]:
        senders = Sender.objects.exclude(state=ReviewState.REJECTED)
        return list(senders.select_related("entity").prefetch_related("registrations"))

    @staticmethod
    def _values(sender: Sender, registration: SenderRegistration | None) -> dict[str, str]:
        values = {"header": sender.header, "entity_id": sender.entity.dlt_entity_id if sender.entity else ""}
        if registration is None:
            return values | {"portal_state": "", "registration_id": "", "tenure": ""}
        return (
            values
            | portal_values(registration)
            | {"registration_id": registration.registration_id, "tenure": str(registration.tenure)}
        )


class Entities:
    def stored(self) -> dict[str, dict[str, str]]:
        return {key: self._values(entity) for key, entity in entities_by_id().items()}

    def write(self, rows: Sequence[Values], writing: Writing) -> None:
        entities = entities_by_id()
        for values in rows:
            entity = entities.get(values["entity_id"])
            before = self._values(entity) if entity else None
            entity = entity or Entity(
                dlt_entity_id=values["entity_id"],
                country=INDIA,
                created_at=writing.now,
                portal_state=PortalState.PENDING,
            )
            entity.legal_name = values["legal_name"]
            tell(entity, values, writing.now)
            entity.save()
            if before is not None and before["portal_state"] != entity.portal_state:
                stop_or_lift(entity, writing)
            writing.note("entity", entity, entity.legal_name, before, self._values(entity))

    @staticmethod
    def _values(entity: Entity) -> dict[str, str]:
        return {"entity_id": entity.dlt_entity_id, "legal_name": entity.legal_name, **portal_values(entity)}


class Owned:
    """Links, consent templates and chains: small records of an entity, told apart by a key of their own."""

    def __init__(self, model: type[Link] | type[ConsentTemplate] | type[Chain], kind: str) -> None:
        self._model, self._kind = model, kind

    def stored(self) -> dict[str, dict[str, str]]:
        return {self._key(record): self._values(record) for record in self._all()}

    def write(self, rows: Sequence[Values], writing: Writing) -> None:
        entities, records = entities_by_id(), {self._key(record): record for record in self._all()}
        for values in rows:
            record = self._model(entity=still_there(entities, values["entity_id"]), created_at=writing.now)
            self._identify(record, values)
            record = records.get(self._key(record), record)
            before = None if record._state.adding else self._values(record)
            self._fill(record, values)
            tell(record, values, writing.now)
            record.changed_at = writing.now
            record.save()
            if isinstance(record, Chain) and before is not None and before["portal_state"] != record.portal_state:
                stop_or_lift(record, writing)
            writing.note(self._kind, record, str(record), before, self._values(record))

    def _all(self) -> list[Any]:
        records = self._model._default_manager.select_related("entity")
        if self._model is Chain:
            records = records.exclude(portal_state__in=[PortalState.REVOKED, PortalState.DECLINED])
        return list(records)

    def _key(self, record: Any) -> str:
        entity = record.entity.dlt_entity_id
        if isinstance(record, Chain):
            return ",".join((entity, *record.telemarketer_ids))
        return f"{entity}|{record.kind}|{record.value}" if isinstance(record, Link) else f"{entity}|{record.name}"

    def _identify(self, record: Any, values: Values) -> None:
        if isinstance(record, Chain):
            record.telemarketer_ids = values["telemarketers"].split(",")
            record.delivery_id = record.telemarketer_ids[-1]
            record.hash = chain_hash(values["entity_id"], record.telemarketer_ids)
        elif isinstance(record, Link):
            record.kind, record.value = values["kind"], values["value"]
        else:
            record.name = values["name"]

    def _fill(self, record: Any, values: Values) -> None:
        if isinstance(record, Link):
            for name in ("header", "registration_id"):
                if name in values:
                    setattr(record, name, values[name])
        elif isinstance(record, ConsentTemplate):
            record.dlt_consent_id, record.scope = values["consent_id"], values["scope"]
            record.brand = values.get("brand", record.brand)

    def _values(self, record: Any) -> dict[str, str]:
        values = {"entity_id": record.entity.dlt_entity_id, **portal_values(record)}
        if isinstance(record, Chain):
            return {**values, "telemarketers": ",".join(record.telemarketer_ids)}
        if isinstance(record, Link):
            own = {name: str(getattr(record, name)) for name in ("kind", "value", "header", "registration_id")}
            return values | own
        own = {"name": record.name, "brand": record.brand, "scope": record.scope}
        return values | own | {"consent_id": record.dlt_consent_id}
