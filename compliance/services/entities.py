from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import Actor, record
from compliance.errors import NameTaken, NotFound
from compliance.identifiers import INDIA, IdKind, parse_dlt_id
from compliance.models import Entity
from compliance.rules.versions import touch
from compliance.statuses import PortalState


def create_entity(
    *,
    legal_name: str,
    actor: Actor,
    now: datetime,
    dlt_entity_id: str = "",
    country: str = INDIA,
    portal_state: PortalState = PortalState.ACTIVE,
) -> Entity:
    """Add a legal person in whose name senders send.

    Args:
        dlt_entity_id: the portal's 19 digits; may follow later, but nothing goes to India without it.

    Raises:
        InvalidDltId: the id cannot be one.
        NameTaken: another entity has this id.
    """
    entity = Entity(
        legal_name=legal_name,
        country=country,
        dlt_entity_id=_entity_id(dlt_entity_id),
        portal_state=portal_state,
        created_at=now,
    )
    with transaction.atomic():
        _save(entity)
        record(
            action="entity.create",
            actor=actor,
            object_type="entity",
            object_id=entity.id,
            summary=f"Added the entity {legal_name}",
            after=_audited(entity),
            now=now,
        )
        touch()
    return entity


def change_entity(
    *,
    entity_id: UUID,
    legal_name: str,
    dlt_entity_id: str,
    portal_state: PortalState,
    actor: Actor,
    now: datetime,
) -> Entity:
    """Correct an entity or record what its portal says. Raises as `create_entity`, and NotFound."""
    with transaction.atomic():
        entity = Entity.objects.select_for_update().filter(pk=entity_id).first()
        if entity is None:
            raise NotFound("entity")
        before = _audited(entity)
        entity.legal_name = legal_name
        entity.dlt_entity_id = _entity_id(dlt_entity_id)
        entity.portal_state = portal_state
        _save(entity)
        record(
            action="entity.change",
            actor=actor,
            object_type="entity",
            object_id=entity.id,
            summary=f"Changed the entity {legal_name}",
            before=before,
            after=_audited(entity),
            now=now,
        )
        touch()
    return entity


def _entity_id(text: str) -> str:
    return parse_dlt_id(text, IdKind.ENTITY).value if text.strip() else ""


def _save(entity: Entity) -> None:
    try:
        with transaction.atomic():
            entity.save()
    except IntegrityError as error:
        if "compliance_entity_dlt_id_unique" not in str(error):
            raise
        raise NameTaken(
            "entity_exists",
            f"Another entity has the id {entity.dlt_entity_id}.",
            "Use that entity, or correct the id.",
            field="dlt_entity_id",
        ) from error


def _audited(entity: Entity) -> dict[str, str]:
    return {
        "legal_name": entity.legal_name,
        "country": entity.country,
        "dlt_entity_id": entity.dlt_entity_id,
        "portal_state": str(entity.portal_state),
    }
