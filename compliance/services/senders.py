from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import Actor, record
from compliance.errors import NameTaken, NotFound, WrongState
from compliance.identifiers import INDIA, IdKind, parse_dlt_id, parse_header
from compliance.models import Entity, Sender, SenderRegistration
from compliance.rules.versions import touch
from compliance.services.consequences import follow_portal
from compliance.services.portal import Told, only_state, portal_facts, take_down
from compliance.statuses import PortalState, ReviewState, SenderKind, Tenure


def create_sender(
    *,
    header: str,
    kind: SenderKind,
    actor: Actor,
    now: datetime,
    entity_id: UUID | None = None,
    purpose: str = "",
) -> Sender:
    """Draft a sender.

    Args:
        header: as registered, capitals kept, without the operator's prefix and ending.
        purpose: one line for the reviewer.

    Raises:
        InvalidHeader: it has not the shape of its kind in the entity's country.
        NameTaken: there is a sender with this header that was not rejected.
        NotFound: no such entity.
    """
    with transaction.atomic():
        entity = _entity(entity_id)
        value, _ = parse_header(header, kind, entity.country if entity else INDIA)
        sender = Sender(header=value, kind=kind, entity=entity, purpose=purpose, created_at=now, created_by_id=actor.id)
        _save(sender)
        record(
            action="sender.create",
            actor=actor,
            object_type="sender",
            object_id=sender.id,
            summary=f"Drafted the sender {value}",
            after=_audited(sender),
            now=now,
        )
        touch()
    return sender


def change_sender(
    *, sender_id: UUID, header: str, kind: SenderKind, entity_id: UUID | None, purpose: str, actor: Actor, now: datetime
) -> Sender:
    """Change a draft, or one for which changes were asked. Raises as `create_sender`, and WrongState."""
    with transaction.atomic():
        sender = Sender.objects.select_for_update().filter(pk=sender_id).first()
        if sender is None:
            raise NotFound("sender")
        if not sender.is_editable:
            raise WrongState(
                "wrong_state", "A sender in review or decided upon is not changed.", "Add another sender instead."
            )
        before = _audited(sender)
        sender.entity = _entity(entity_id)
        sender.header, _ = parse_header(header, kind, sender.entity.country if sender.entity else INDIA)
        sender.kind, sender.purpose = kind, purpose
        _save(sender)
        record(
            action="sender.change",
            actor=actor,
            object_type="sender",
            object_id=sender.id,
            summary=f"Changed the sender {sender.header}",
            before=before,
            after=_audited(sender),
            now=now,
        )
        touch()
    return sender


def register_sender(
    *,
    sender_id: UUID,
    actor: Actor,
    now: datetime,
    country: str = INDIA,
    registration_id: str = "",
    portal_state: PortalState = PortalState.ACTIVE,
    told: Told | None = None,
    tenure: Tenure | None = None,
) -> SenderRegistration:
    """Record a country's registration of a sender, or what became of it; at any time, whatever our review says.

    Args:
        told: the portal's whole word; `portal_state` alone, all else standing as it was, when left out.
        tenure: as it was when left out, permanent at first.

    Raises:
        InvalidValidity: it would end before it begins.
        InvalidDltId: the id cannot be one.
        NotFound: no such sender.
    """
    value = registration_id.strip()
    if value and country == INDIA:
        value = parse_dlt_id(value, IdKind.HEADER).value
    with transaction.atomic():
        sender = Sender.objects.select_for_update().filter(pk=sender_id).first()
        if sender is None:
            raise NotFound("sender")
        registration = SenderRegistration.objects.filter(sender=sender, country=country).first()
        before = _registration(registration) if registration else None
        registration = registration or SenderRegistration(sender=sender, country=country)
        registration.registration_id, registration.changed_at = value, now
        registration.tenure = registration.tenure if tenure is None else tenure
        take_down(registration, told or only_state(registration, portal_state), now)
        registration.save()
        record(
            action="sender.register",
            actor=actor,
            object_type="sender",
            object_id=sender.id,
            summary=f"Recorded the registration of {sender.header} in {country}: {registration.portal_state}",
            before=before,
            after=_registration(registration),
            now=now,
        )
        follow_portal(registration, before=before, actor=actor, now=now)
        touch()
    return registration


def header_warnings(sender: Sender) -> list[str]:
    """What a reviewer should look at twice: an unusual shape, and other headers that a reader may take for this one."""
    country = sender.entity.country if sender.entity else INDIA
    odd = list(parse_header(sender.header, SenderKind(sender.kind), country)[1])
    alike = list(Sender.objects.looking_like(sender.header).exclude(state=ReviewState.REJECTED)[:5])
    if alike:
        others = ", ".join(each.header for each in alike)
        odd.append(
            f"Readers may take “{sender.header}” for {others}: portals ask for proof of headers that look alike."
        )
    return odd


def _entity(entity_id: UUID | None) -> Entity | None:
    if entity_id is None:
        return None
    entity = Entity.objects.filter(pk=entity_id).first()
    if entity is None:
        raise NotFound("entity")
    return entity


def _save(sender: Sender) -> None:
    try:
        with transaction.atomic():
            sender.save()
    except IntegrityError as error:
        if "compliance_sender_header_unique" not in str(error):
            raise
        raise NameTaken(
            "sender_exists",
            f"There is a sender {sender.header} already.",
            "Open the existing one; headers are told apart by capitals too.",
            field="header",
        ) from error


def _audited(sender: Sender) -> dict[str, str]:
    return {
        "header": sender.header,
        "kind": str(sender.kind),
        "entity": str(sender.entity or ""),
        "purpose": sender.purpose,
    }


def _registration(registration: SenderRegistration) -> dict[str, object]:
    return {
        "country": registration.country,
        "registration_id": registration.registration_id,
        "tenure": str(registration.tenure),
        **portal_facts(registration),
    }
