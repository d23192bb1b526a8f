from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import Actor, record
from compliance.errors import NameTaken, NotFound, WrongState
from compliance.identifiers import INDIA, IdKind, parse_dlt_id, portal_of
from compliance.models import Entity
from compliance.rules.versions import touch
from compliance.services.consequences import follow_portal
from compliance.services.portal import Told, only_state, portal_facts, take_down
from compliance.statuses import EntityType, Portal, PortalState


def create_entity(
    *,
    legal_name: str,
    actor: Actor,
    now: datetime,
    dlt_entity_id: str = "",
    country: str = INDIA,
    portal_state: PortalState = PortalState.ACTIVE,
    told: Told | None = None,
    entity_type: EntityType = EntityType.UNKNOWN,
    portal: Portal | None = None,
) -> Entity:
    """Add a legal person in whose name senders send.

    Args:
        dlt_entity_id: the portal's 19 digits; may follow later, but nothing goes to India without it.
        told: the portal's whole word; `portal_state` alone when left out.
        portal: the one it registered on; the one its id hints at when left out.

    Raises:
        InvalidValidity: it would end before it begins.
        InvalidDltId: the id cannot be one.
        NameTaken: another entity has this id.
    """
    entity = Entity(
        legal_name=legal_name,
        country=country,
        dlt_entity_id=_entity_id(dlt_entity_id),
        entity_type=entity_type,
        created_at=now,
    )
    entity.portal = portal_of(entity.dlt_entity_id) if portal is None else portal
    take_down(entity, told or Told(portal_state), now)
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
    actor: Actor,
    now: datetime,
    portal_state: PortalState | None = None,
    told: Told | None = None,
    entity_type: EntityType | None = None,
    portal: Portal | None = None,
) -> Entity:
    """Correct an entity or record what its portal says; what is left out stays.

    Raises:
        WrongState: `entity_has_chains`, another id would make other chains than those approved.
        NotFound: no such entity. Further as `create_entity`.
    """
    with transaction.atomic():
        entity = Entity.objects.select_for_update().filter(pk=entity_id).first()
        if entity is None:
            raise NotFound("entity")
        before = _audited(entity)
        entity.legal_name = legal_name
        _change_id(entity, _entity_id(dlt_entity_id))
        entity.entity_type = entity.entity_type if entity_type is None else entity_type
        entity.portal = entity.portal if portal is None else portal
        take_down(entity, told or only_state(entity, portal_state or PortalState(entity.portal_state)), now)
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
        follow_portal(entity, before=before, actor=actor, now=now)
        touch()
    return entity


def _entity_id(text: str) -> str:
    return parse_dlt_id(text, IdKind.ENTITY).value if text.strip() else ""


def _change_id(entity: Entity, value: str) -> None:
    if value != entity.dlt_entity_id and entity.chains.standing().exists():
        raise WrongState(
            "entity_has_chains",
            "The entity's id is part of its chains, and their hashes would no longer be those approved.",
            "Revoke its chains first, and make them anew with the right id.",
            field="dlt_entity_id",
        )
    entity.dlt_entity_id = value


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


def _audited(entity: Entity) -> dict[str, object]:
    return {
        "legal_name": entity.legal_name,
        "country": entity.country,
        "dlt_entity_id": entity.dlt_entity_id,
        "entity_type": str(entity.entity_type),
        "portal": str(entity.portal),
        **portal_facts(entity),
    }
