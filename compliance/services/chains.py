"""An entity's telemarketers, and the chains of them that it has approved (docs/rules.md#chains)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import Actor, record
from compliance.errors import InvalidChain, NameTaken, NotFound, WrongState
from compliance.identifiers import IdKind, chain_hash, parse_dlt_id
from compliance.models import Chain, Entity, Telemarketer
from compliance.portal_moves import MOVES, Step
from compliance.rules.versions import touch
from compliance.services.consequences import follow_portal
from compliance.services.portal import Told, portal_facts, take_down
from compliance.statuses import PortalKind, PortalState, TelemarketerRole


def record_telemarketer(
    *,
    entity_id: UUID,
    telemarketer_id: str,
    name: str,
    role: TelemarketerRole,
    told: Told,
    actor: Actor,
    now: datetime,
) -> Telemarketer:
    """Take down that an entity added a telemarketer, or what became of it; one row per entity and id.

    Raises:
        InvalidDltId: the id cannot be one.
        InvalidValidity: it would end before it begins.
        NotFound: no such entity.
    """
    value = parse_dlt_id(telemarketer_id, IdKind.TELEMARKETER).value
    with transaction.atomic():
        entity = _entity(entity_id)
        standing = Telemarketer.objects.filter(entity=entity, telemarketer_id=value).first()
        before = _telemarketer(standing) if standing else None
        bound = standing or Telemarketer(entity=entity, telemarketer_id=value, created_at=now)
        bound.name, bound.role, bound.changed_at = name.strip(), role, now
        take_down(bound, told, now)
        bound.save()
        record(
            action="telemarketer.record",
            actor=actor,
            object_type="telemarketer",
            object_id=bound.pk,
            summary=f"Recorded the telemarketer {bound.name} of {entity}: {bound.portal_state}",
            before=before,
            after=_telemarketer(bound),
            now=now,
        )
        touch()
    return bound


def create_chain(
    *, entity_id: UUID, telemarketer_ids: Sequence[str], actor: Actor, now: datetime, told: Told | None = None
) -> Chain:
    """Open a chain. Its ids stay as they are for good: another way is another chain.

    Args:
        telemarketer_ids: in the order of the way, the delivery function's last.
        told: the chain exists on the portal already; a draft when left out, for which every telemarketer must be
            active, as portals ask.

    Raises:
        InvalidChain: the entity has no id, nobody is in the chain, somebody is in it twice, or may not be in it yet.
        InvalidDltId: an id cannot be one.
        NameTaken: this chain stands already.
        NotFound: no such entity.
    """
    ids = [parse_dlt_id(each, IdKind.TELEMARKETER).value for each in telemarketer_ids]
    with transaction.atomic():
        entity = _entity(entity_id)
        _check(entity, ids, is_new=told is None)
        chain = Chain(
            entity=entity,
            telemarketer_ids=ids,
            delivery_id=ids[-1],
            hash=chain_hash(entity.dlt_entity_id, ids),
            created_at=now,
            changed_at=now,
        )
        take_down(chain, told or Told(PortalState.DRAFT), now)
        _save(chain)
        _record(chain, "chain.create", f"Opened the chain {chain} of {entity}", None, actor, now)
        follow_portal(chain, before=None, actor=actor, now=now)
        touch()
    return chain


def move_chain(*, chain_id: UUID, step: Step, actor: Actor, now: datetime, reason: str = "") -> Chain:
    """Take one step of a chain's life: submit, each telemarketer's acceptance in turn, the entity's approval, its end.

    Raises:
        WrongState: the step is not possible now.
        NotFound: no such chain.
    """
    with transaction.atomic():
        chain = _locked(chain_id)
        before, state = _chain(chain), PortalState(chain.portal_state)
        after = MOVES[PortalKind.CHAIN].next(state, _counted(chain, step))
        if after is None:
            raise WrongState(
                "wrong_state",
                f"The chain is {state.label.lower()}, so this is not possible now.",
                "Reload the page to see its state.",
            )
        if step is Step.ACCEPT:
            chain.accepted_count += 1
        take_down(chain, Told(after, reason), now)
        chain.changed_at = now
        chain.save()
        _record(chain, f"chain.{step}", f"Moved the chain {chain} to {after}", before, actor, now)
        follow_portal(chain, before=before, actor=actor, now=now)
        touch()
    return chain


def record_chain(*, chain_id: UUID, told: Told, actor: Actor, now: datetime) -> Chain:
    """Take down what the portal says of a chain, whatever its state was. Raises InvalidValidity, NotFound."""
    with transaction.atomic():
        chain = _locked(chain_id)
        before = _chain(chain)
        take_down(chain, told, now)
        chain.changed_at = now
        _save(chain)
        _record(chain, "chain.record", f"Recorded the chain {chain}: {chain.portal_state}", before, actor, now)
        follow_portal(chain, before=before, actor=actor, now=now)
        touch()
    return chain


def chain_for(*, entity_id: UUID, telemarketer_id: str) -> Chain | None:
    """The active chain of an entity that ends at this telemarketer; of several the youngest."""
    ending = Chain.objects.active().filter(entity_id=entity_id, delivery_id=telemarketer_id)
    return ending.order_by("-pk").first()


def _counted(chain: Chain, step: Step) -> Step:
    """The last telemarketer's acceptance completes the round."""
    is_last = chain.accepted_count + 1 >= len(chain.telemarketer_ids)
    return Step.COMPLETE if step is Step.ACCEPT and is_last else step


def _entity(entity_id: UUID) -> Entity:
    # Locked, so that its id does not change under a new chain.
    entity = Entity.objects.select_for_update().filter(pk=entity_id).first()
    if entity is None:
        raise NotFound("entity")
    return entity


def _locked(chain_id: UUID) -> Chain:
    chain = Chain.objects.select_for_update().filter(pk=chain_id).first()
    if chain is None:
        raise NotFound("chain")
    return chain


def _check(entity: Entity, ids: Sequence[str], *, is_new: bool) -> None:
    fault = None
    if not entity.dlt_entity_id:
        fault = (
            f"{entity} has no entity id, and a chain begins with it.",
            "Enter the entity's id from its portal first.",
        )
    elif not ids:
        fault = "A chain needs the telemarketer at its end.", "Add the telemarketer that hands over to the operator."
    elif len({entity.dlt_entity_id, *ids}) <= len(ids):
        fault = "An id is in the chain twice.", "Name every telemarketer once, in the order of the way."
    elif is_new:
        active = Telemarketer.objects.filter(entity=entity, portal_state=PortalState.ACTIVE)
        missing = set(ids) - set(active.values_list("telemarketer_id", flat=True))
        if missing:
            fault = (
                f"No active telemarketer of {entity} has the id {min(missing)}.",
                "Add the telemarketer on the portal, and record here when it has become active.",
            )
    if fault:
        raise InvalidChain("invalid_chain", *fault, field="telemarketers")


def _save(chain: Chain) -> None:
    try:
        with transaction.atomic():
            chain.save()
    except IntegrityError as error:
        if "compliance_chain_hash_unique" not in str(error):
            raise
        raise NameTaken(
            "chain_exists",
            "The entity has this very chain already.",
            "Use the one that stands, or revoke it first.",
            field="telemarketers",
        ) from error


def _record(
    chain: Chain, action: str, summary: str, before: dict[str, object] | None, actor: Actor, now: datetime
) -> None:
    record(
        action=action,
        actor=actor,
        object_type="chain",
        object_id=chain.pk,
        summary=summary,
        before=before,
        after=_chain(chain),
        now=now,
    )


def _chain(chain: Chain) -> dict[str, object]:
    return {
        "telemarketer_ids": list(chain.telemarketer_ids),
        "hash": chain.hash,
        "accepted_count": chain.accepted_count,
        **portal_facts(chain),
    }


def _telemarketer(bound: Telemarketer) -> dict[str, object]:
    return {
        "telemarketer_id": bound.telemarketer_id,
        "name": bound.name,
        "role": str(bound.role),
        **portal_facts(bound),
    }
