"""Queue surgery: staff move, hold, resume or expire what waits, or settle what is in doubt.

An operation is counted first and kept with its counts (`prepare`); a worker then does it in strides (`carry_out`), each
in a transaction of its own that also notes what was done, so that a killed worker's successor goes on where it stopped.
Batches that a dispatcher has are never touched: nothing that is in a window moves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError

from audit.services import PLATFORM, Actor, record
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.traffic import TrafficClass
from messaging.errors import NotSensible
from messaging.models import Operation
from messaging.services.doubt import Doubted, Settled, doubts, end_counted, submit_left_over
from messaging.services.moving import refused, ways_to
from messaging.services.selecting import IS_MOVABLE, MOVABLE, Selection, count
from messaging.services.sweeping import end_batch
from messaging.services.writing import CHANNEL
from messaging.statuses import BatchState, Hold, Status
from routing.costs import read_costs
from routing.models import Route
from routing.services.usable import usability
from routing.statuses import Lane

logger = logging.getLogger(__name__)

STRIDE: Final = 500
# Ending messages writes each of them: fewer batches, so that no transaction lasts long.
EXPIRE_STRIDE: Final = 20
NIL: Final = UUID(int=0)
_STRIDE_SQL: Final = """
UPDATE batches b SET {change}
FROM (SELECT b.tenant_id, b.id FROM batches b WHERE {where} LIMIT {stride} FOR UPDATE SKIP LOCKED) x
WHERE b.tenant_id = x.tenant_id AND b.id = x.id
RETURNING b.tenant_id, b.messages - least(b.sent_upto, b.messages)"""
_FIND_SQL: Final = "SELECT b.tenant_id, b.id FROM batches b WHERE {where} LIMIT {stride} FOR UPDATE SKIP LOCKED"
_GO_ON: Final = f"""CASE WHEN b.holds <> {Hold.STAFF} THEN {BatchState.HELD}
    WHEN b.due_at > now() THEN {BatchState.WAITING} ELSE {BatchState.READY} END"""


class Action(StrEnum):
    MOVE = "move"
    HOLD = "hold"
    RESUME = "resume"
    EXPIRE = "expire"
    SETTLE = "settle"


_CONDITIONS: Final[Mapping[Action, str]] = {
    Action.HOLD: f"b.holds & {Hold.STAFF} = 0",
    Action.RESUME: f"b.holds & {Hold.STAFF} <> 0",
}


@dataclass(frozen=True, slots=True)
class Order:
    """
    Args:
        target: the route to move to.
        ending: as what to settle messages in doubt.
    """

    action: Action
    selection: Selection
    target: int | None = None
    ending: Settled | None = None


def prepare(*, order: Order, actor: Actor, now: datetime) -> Operation:
    """Count what an order comes to and keep it, in a platform context; nothing else is changed.

    Raises:
        NotSensible: the target takes no messages of the selected kind.
    """
    if order.action is Action.MOVE:
        _require_sensible(order, now)
    if order.action is Action.SETTLE:
        counted = _doubts_as_json(order)
    else:
        condition, given = _condition(order)
        counted = {**count(order.selection, condition=condition, given=given).as_json(), **_refused(order)}
    return Operation.objects.create(
        action=order.action,
        selection=order.selection.as_json(),
        options={"target": order.target, "ending": order.ending},
        counted=counted,
        actor_id=actor.id,
        actor_label=actor.label[:255],
        at=now,
    )


def start(*, operation_id: UUID) -> bool:
    """Let a counted operation be carried out, in a platform context; False when it was started before."""
    counted = Operation.objects.filter(pk=operation_id, state=Operation.State.COUNTED)
    return counted.update(state=Operation.State.RUNNING) == 1


def carry_out(*, operation_id: UUID, now: datetime) -> None:
    """Do a started operation to its end. Another worker that is at it, or was, changes nothing."""
    while _stride(operation_id, now):
        pass


def running() -> list[UUID]:
    """Operations that are not at their end, for a job that finds those whose worker was killed."""
    with platform_context(reason="find operations on queues that lost their worker"):
        return list(Operation.objects.filter(state=Operation.State.RUNNING).values_list("pk", flat=True))


def forget_unconfirmed(now: datetime) -> int:
    """Drop counts of which nobody made use."""
    with platform_context(reason="forget counts of queues that nobody confirmed"):
        old = Operation.objects.filter(state=Operation.State.COUNTED, at__lt=now - timedelta(days=1))
        return old.delete()[0]


def order_of(operation: Operation) -> Order:
    ending, target = operation.options["ending"], operation.options["target"]
    selection = Selection.from_json(operation.selection)
    return Order(Action(operation.action), selection, target, Settled(ending) if ending else None)


def _require_sensible(order: Order, now: datetime) -> None:
    route = Route.objects.filter(pk=order.target or 0).first()
    if route is None:
        raise NotSensible("There is no such route to move to.", "Choose another route.")
    if route.pk == order.selection.route_id:
        raise NotSensible(f"The messages are on {route.name} already.", "Choose another route.")
    chosen = order.selection.traffic_class
    open_routes = usability(now).open
    lanes = {Lane.OTP} if chosen == TrafficClass.OTP else set(Lane) if chosen is None else {Lane.BULK}
    if any(route.pk not in open_routes[lane] for lane in lanes):
        raise NotSensible(
            f"{route.name} takes no messages now: it is switched off, down, or its circuit breaker is open.",
            "Choose a route that is enabled and up.",
        )


def _doubts_as_json(order: Order) -> dict[str, Any]:
    found = doubts(_routes(order.selection), before=_since(order.selection), tenant_id=order.selection.tenant_id)
    by_route: dict[str, list[int]] = {}
    for each in found:
        by_route.setdefault(str(each.route_id), [0, 0])[1] += each.messages
    return {
        "batches": 0,
        "messages": sum(each.messages for each in found),
        "counted": sum(each.counted for each in found),
        "again": sum(each.messages - each.counted for each in found if each.traffic_class != TrafficClass.PROMOTIONAL),
        "by_route": by_route,
    }


# -- one stride


def _stride(operation_id: UUID, now: datetime) -> bool:
    """False when nothing is left to do, or somebody else is at it."""
    with platform_context(reason="carry out an operation on the queues"):
        found = Operation.objects.select_for_update(skip_locked=True)
        operation = found.filter(pk=operation_id, state=Operation.State.RUNNING).first()
        if operation is None:
            return False
        order = order_of(operation)
        changed = _DO[order.action](order, operation.done, now)
        if changed:
            operation.done = _added(operation.done, changed)
            operation.save(update_fields=["done"])
            return True
        operation.state, operation.finished_at = Operation.State.DONE, now
        operation.done |= _refused(order)
        operation.save(update_fields=["state", "finished_at", "done"])
        _audit(operation, now)
        return False


def _refused(order: Order) -> dict[str, Any]:
    """What a move leaves alone, since the plan knows no such way."""
    if order.action is not Action.MOVE or order.target is None:
        return {}
    batches, messages = refused(order.target, order.selection)
    return {"refused": [batches, messages]} if batches else {}


def _condition(order: Order) -> tuple[str, list[Any]]:
    """What makes an action's second run find nothing that the first one changed, with its parameters."""
    if order.action is Action.MOVE:
        target = order.target or 0
        allowed, given = ways_to(target, order.selection)
        return f"b.route_id <> {target:d} AND {allowed}", given
    return _CONDITIONS.get(order.action, "true"), []


def _update(order: Order, change: str) -> list[tuple[UUID, int, int]]:
    where, parameters = order.selection.where()
    condition, given = _condition(order)
    sql = _STRIDE_SQL.format(change=change, where=f"{IS_MOVABLE} AND {condition} AND {where}", stride=STRIDE)
    with scoped_connection().cursor() as cursor:
        cursor.execute(sql, [*given, *parameters])
        changed = [(tenant_id, 1, messages) for tenant_id, messages in cursor.fetchall()]
    if changed:
        with bulk_cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return changed


def _move(order: Order, done: dict[str, Any], now: datetime) -> list[tuple[UUID, int, int]]:
    target = f"{order.target or 0:d}"
    return _update(order, f"route_id = {target}, candidates = array_remove(b.candidates, {target})")


def _hold(order: Order, done: dict[str, Any], now: datetime) -> list[tuple[UUID, int, int]]:
    return _update(order, f"state = {BatchState.HELD}, holds = b.holds | {Hold.STAFF}")


def _resume(order: Order, done: dict[str, Any], now: datetime) -> list[tuple[UUID, int, int]]:
    return _update(order, f"state = {_GO_ON}, holds = b.holds & ~{Hold.STAFF}")


def _expire(order: Order, done: dict[str, Any], now: datetime) -> list[tuple[UUID, int, int]]:
    where, parameters = order.selection.where()
    failed = [UUID(ident) for ident in done.get("failed", [])]
    sql = _FIND_SQL.format(where=f"{IS_MOVABLE} AND b.id <> ALL(%s) AND {where}", stride=EXPIRE_STRIDE)
    with scoped_connection().cursor() as cursor:
        cursor.execute(sql, [failed, *parameters])
        found = cursor.fetchall()
    costs, changed = read_costs(), []
    for tenant_id, batch_id in found:
        try:
            with tenant_context(tenant_id):
                ended = end_batch(batch_id, MOVABLE, Status.EXPIRED, "withdrawn", costs=costs, now=now)
            changed.append((tenant_id, 1, ended or 0))
        except IntegrityError:
            # As in a sweep: one wallet that does not add up is no reason to leave everybody else's.
            logger.exception("batch %s of tenant %s could not be expired", batch_id, tenant_id)
            failed.append(batch_id)
            changed.append((tenant_id, 0, 0))
    if failed:
        done["failed"] = [str(ident) for ident in failed]
    return changed


def _settle(order: Order, done: dict[str, Any], now: datetime) -> list[tuple[UUID, int, int]]:
    failed = [UUID(ident) for ident in done.get("failed_tenants", [])]
    doubted = Doubted(_routes(order.selection), _since(order.selection), order.selection.tenant_id, failed)
    after = UUID(done["after"]) if "after" in done else NIL
    left = submit_left_over(doubted, after=after, costs=read_costs(), now=now)
    if left:
        done["after"] = str(left[-1][1])
        _note_failed(done, {tenant_id for tenant_id, _, messages in left if messages is None})
        is_only_step = order.ending in (None, Settled.SUBMITTED)
        return [
            (tenant_id, 0 if messages is None else 1, (messages or 0) if is_only_step else 0)
            for tenant_id, _, messages in left
        ]
    if order.ending in (None, Settled.SUBMITTED):
        return []
    ended = end_counted(doubted, order.ending, now=now)
    _note_failed(done, {tenant_id for tenant_id, messages in ended if messages is None})
    return [(tenant_id, 0, messages or 0) for tenant_id, messages in ended]


def _note_failed(done: dict[str, Any], tenants: set[UUID]) -> None:
    """Tenants whose wallets do not add up: theirs is not tried again by this operation."""
    if tenants:
        done["failed_tenants"] = sorted({*done.get("failed_tenants", []), *map(str, tenants)})


_DO: Final[Mapping[Action, Callable[[Order, dict[str, Any], datetime], list[tuple[UUID, int, int]]]]] = {
    Action.MOVE: _move,
    Action.HOLD: _hold,
    Action.RESUME: _resume,
    Action.EXPIRE: _expire,
    Action.SETTLE: _settle,
}


def _routes(selection: Selection) -> list[int]:
    if selection.route_id is not None:
        return [selection.route_id]
    return list(Route.objects.values_list("pk", flat=True))


def _since(selection: Selection) -> datetime:
    return selection.until - selection.waiting


def _added(done: dict[str, Any], changed: list[tuple[UUID, int, int]]) -> dict[str, Any]:
    tenants: dict[str, list[int]] = done.get("tenants", {})
    for tenant_id, batches, messages in changed:
        sums = tenants.setdefault(str(tenant_id), [0, 0])
        sums[0] += batches
        sums[1] += messages
    sums_of_all = [sum(sums[place] for sums in tenants.values()) for place in (0, 1)]
    return {**done, "tenants": tenants, "batches": sums_of_all[0], "messages": sums_of_all[1]}


_PAST: Final = {
    Action.MOVE: "Moved to another route",
    Action.HOLD: "Held",
    Action.RESUME: "Resumed",
    Action.EXPIRE: "Expired",
    Action.SETTLE: "Settled in doubt",
}


def _audit(operation: Operation, now: datetime) -> None:
    """One entry for the platform, and one for each tenant whose messages it was."""
    actor = Actor(operation.actor_id, operation.actor_label)
    done = operation.done
    tenants = {UUID(ident): tuple(sums) for ident, sums in done.get("tenants", {}).items()}
    sums_of_all = done.get("batches", 0), done.get("messages", 0)
    for tenant_id, (batches, messages) in {PLATFORM: sums_of_all, **tenants}.items():
        record(
            action=f"queue.{operation.action}",
            actor=actor,
            object_type="queue_operation",
            object_id=operation.pk,
            summary=f"{_PAST[Action(operation.action)]}: {batches} batches, {messages} messages",
            before={"counted": operation.counted} if tenant_id == PLATFORM else None,
            after={"selection": operation.selection, **operation.options, "batches": batches, "messages": messages},
            now=now,
            tenant_id=tenant_id,
        )
