"""Receipts without a message, for the platform's staff: whose they may be, and trying them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

from django.db import transaction
from django.db.models import Count, Max, Min, Q

from audit.services import Actor, record_for_platform
from kernel.db.tenancy import platform_context, scoped_connection
from kernel.smpp.message_ids import shape_of
from kernel.smpp.receipt_dates import told_at
from kernel.smpp.receipts import ReceiptState
from messaging.dispatcher.dialects import masked
from messaging.models import UnmatchedReceipt
from routing.dialects import Count as Seen
from routing.dialects import Habit, is_learnt, tallies
from routing.services.dialects import known_counts

PAGE_SIZE: Final = 50
# Until then the answer to its submit may still come.
YOUNG: Final = timedelta(minutes=10)
# So long operators' ids are kept.
MAP_KEPT: Final = timedelta(days=10)
_LONG_AGO: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Sum:
    """Of one route. `young` is as YOUNG says."""

    route_id: int
    receipts: int
    young: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Orphan:
    """One receipt. `ident` is the id as told, `number` has its ends alone, `guess` is why nothing may have matched."""

    id: int
    route_id: int
    ident: str
    number: str
    stat: str
    err: str
    received_at: datetime
    next_try_at: datetime | None
    tries: int
    guess: str


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A status that receipts of a route have and that says nothing to us."""

    stat: str
    receipts: int
    latest: datetime


def sums(now: datetime) -> list[Sum]:
    """By route, the most first; one query."""
    young = Count("pk", filter=Q(received_at__gte=now - YOUNG))
    found = UnmatchedReceipt.objects.values("route_id").annotate(n=Count("pk"), young=young, oldest=Min("received_at"))
    return [Sum(row["route_id"], row["n"], row["young"], row["oldest"]) for row in found.order_by("-n", "route_id")]


def orphans(*, route_id: int | None, before: int | None, now: datetime) -> list[Orphan]:
    """A page and one more, latest first, in two queries.

    Args:
        before: the id behind which the page begins.
    """
    found = UnmatchedReceipt.objects.order_by("-pk")
    if route_id is not None:
        found = found.filter(route_id=route_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found[: PAGE_SIZE + 1])
    learnt = known_counts({row.route_id for row in rows})
    return [_orphan(row, learnt.get(row.route_id, []), now) for row in rows]


def try_again(*, route_id: int | None, actor: Actor, now: datetime) -> int:
    """Have dispatchers try all of a route, or of all routes, within seconds; returns how many."""
    with platform_context(reason="try receipts again"), transaction.atomic(using=scoped_connection().alias):
        found = UnmatchedReceipt.objects.exclude(state=ReceiptState.OTHER.value)
        if route_id is not None:
            found = found.filter(route_id=route_id)
        count = found.update(next_try_at=now)
        record_for_platform(
            action="receipts.try_again",
            actor=actor,
            object_type="route",
            number=route_id or 0,
            summary=f"Had {count} receipts without a message tried again",
            now=now,
        )
    return count


def unmapped(route_id: int) -> list[Unmapped]:
    """The statuses of a route's receipts that have no meaning, the most frequent first; one query."""
    found = UnmatchedReceipt.objects.filter(route_id=route_id, state=ReceiptState.OTHER.value)
    rows = found.values("stat").annotate(n=Count("pk"), latest=Max("received_at")).order_by("-n", "stat")
    return [Unmapped(row["stat"], row["n"], row["latest"]) for row in rows[:PAGE_SIZE]]


def _orphan(row: UnmatchedReceipt, learnt: Sequence[Seen], now: datetime) -> Orphan:
    return Orphan(
        row.pk,
        row.route_id,
        row.operator_ids[0],
        masked(row.recipient),
        row.stat,
        row.err,
        row.received_at,
        row.next_try_at,
        row.tries,
        _guess(row, learnt, now),
    )


def _guess(row: UnmatchedReceipt, learnt: Sequence[Seen], now: datetime) -> str:
    if row.state == ReceiptState.OTHER.value:
        return "Its status has no meaning: add a line for it to the settings of the route."
    told = told_at(
        row.submitted,
        submitted_at=row.received_at - _LONG_AGO,
        arrived_at=row.received_at,
        zone=_zone(tallies(learnt, Habit.ZONE)),
    )
    if row.received_at - told > MAP_KEPT:
        return f"Older than the map: it was submitted on {told:%d %b %Y}, and ids are kept for {MAP_KEPT.days} days."
    shape, usual = shape_of(row.operator_ids[0]), _habit(tallies(learnt, Habit.SHAPE))
    if usual and shape != usual:
        return f"Id of another account: it has {shape}, those of this route have {usual}."
    if now - row.received_at < YOUNG:
        return "Early: the answer to its submit may still come."
    return "Id of another account: no answer on this route had it."


def _habit(seen: Mapping[str, int]) -> str:
    """The value that is one, else nothing."""
    best = next(iter(seen), "")
    return best if is_learnt(seen.get(best, 0), sum(seen.values())) else ""


def _zone(seen: Mapping[str, int]) -> tzinfo:
    offset = _habit(seen)
    if not offset:
        return UTC
    minutes = int(offset[1:3]) * 60 + int(offset[4:6])
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
