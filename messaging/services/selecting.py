"""Which queued batches staff mean, and what they come to: nothing is changed here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from kernel.db.tenancy import scoped_connection
from kernel.domain.ids import uuid7_floor
from kernel.domain.traffic import TrafficClass
from messaging.statuses import FINAL_FROM, BatchState, Hold

MOVABLE: Final = (BatchState.READY, BatchState.WAITING, BatchState.HELD)
IS_MOVABLE: Final = f"b.state IN ({BatchState.READY}, {BatchState.WAITING}, {BatchState.HELD})"
_IS_LEASED: Final = f"b.state = {BatchState.LEASED}"
# States as constants, so that the partial indexes of open batches answer and the history is not touched.
_COUNT_SQL: Final = """
SELECT b.tenant_id, b.route_id, b.traffic_class, b.state, b.holds, count(*),
    sum(b.messages - least(b.sent_upto, b.messages)), min(coalesce(b.due_at, b.accepted_at))
FROM batches b WHERE {where} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""
_MONEY_SQL: Final = f"""
SELECT t.currency, sum(m.price_micros)::bigint
FROM batches b CROSS JOIN LATERAL unnest(b.ids) AS u (id)
JOIN messages m ON m.tenant_id = b.tenant_id AND m.id = u.id AND m.status < {FINAL_FROM}
JOIN tenants_tenant t ON t.id = b.tenant_id
WHERE {{where}} GROUP BY 1 ORDER BY 1"""  # noqa: S608 - a constant of ours; `where` has parameters


@dataclass(frozen=True, slots=True)
class Selection:
    """What is left out selects everything.

    Args:
        until: when it was counted; what was accepted later is not meant.
        waiting: what has waited for less is not meant.
    """

    until: datetime
    route_id: int | None = None
    tenant_id: UUID | None = None
    traffic_class: int | None = None
    sender: str = ""
    campaign_id: UUID | None = None
    waiting: timedelta = timedelta()

    def where(self) -> tuple[str, list[Any]]:
        """An SQL condition on `batches b`, and its parameters."""
        conditions: list[tuple[str, Any]] = [
            ("b.id < %s", uuid7_floor(self.until + timedelta(milliseconds=1))),
            ("b.accepted_at <= %s", self.until - self.waiting),
        ]
        given = {
            "b.route_id = %s": self.route_id,
            "b.tenant_id = %s": self.tenant_id,
            "b.traffic_class = %s": self.traffic_class,
            "b.sender = %s": self.sender or None,
            "b.campaign_id = %s": self.campaign_id,
        }
        conditions += [(condition, value) for condition, value in given.items() if value is not None]
        return " AND ".join(condition for condition, _ in conditions), [value for _, value in conditions]

    def as_json(self) -> dict[str, Any]:
        return {
            "until": self.until.isoformat(),
            "route_id": self.route_id,
            "tenant_id": str(self.tenant_id) if self.tenant_id else None,
            "traffic_class": self.traffic_class,
            "sender": self.sender,
            "campaign_id": str(self.campaign_id) if self.campaign_id else None,
            "waiting_s": int(self.waiting.total_seconds()),
        }

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Selection:
        return cls(
            datetime.fromisoformat(given["until"]),
            given["route_id"],
            UUID(given["tenant_id"]) if given["tenant_id"] else None,
            given["traffic_class"],
            given["sender"],
            UUID(given["campaign_id"]) if given["campaign_id"] else None,
            timedelta(seconds=given["waiting_s"]),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Batches of a selection that are alike."""

    tenant_id: UUID
    route_id: int
    traffic_class: TrafficClass
    state: BatchState
    holds: int
    batches: int
    messages: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Count:
    """
    Args:
        groups: of what can be changed.
        leased: (batches, messages) that dispatchers have: in a window or before it, they are left alone.
        held_micros: price of the messages of `groups` that have not ended, by currency.
    """

    groups: list[Group]
    leased: tuple[int, int]
    held_micros: dict[str, int]

    @property
    def batches(self) -> int:
        return sum(group.batches for group in self.groups)

    @property
    def messages(self) -> int:
        return sum(group.messages for group in self.groups)

    def as_json(self) -> dict[str, Any]:
        """Sums by what people ask about; keys are strings, as JSON wants them."""
        return {
            "batches": self.batches,
            "messages": self.messages,
            "leased": list(self.leased),
            "held_micros": self.held_micros,
            "by_tenant": self._by("tenant_id"),
            "by_route": self._by("route_id"),
            "by_class": self._by("traffic_class"),
        }

    def _by(self, name: str) -> dict[str, list[int]]:
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for group in self.groups:
            key = getattr(group, name)
            found = sums[str(int(key) if isinstance(key, TrafficClass) else key)]
            found[0] += group.batches
            found[1] += group.messages
        return dict(sums)


def count(selection: Selection, *, condition: str = "true", given: Sequence[Any] = ()) -> Count:
    """Three queries, in a platform context.

    Args:
        condition: a further SQL condition of the action's.
        given: its parameters.
    """
    where, parameters = selection.where()
    movable, all_given = f"{IS_MOVABLE} AND {condition} AND {where}", [*given, *parameters]
    groups = _groups(movable, all_given)
    leased = _groups(f"{_IS_LEASED} AND {where}", parameters)
    with scoped_connection().cursor() as cursor:
        cursor.execute(_MONEY_SQL.format(where=movable), all_given)
        held = {currency: int(micros) for currency, micros in cursor.fetchall()}
    in_hand = sum(group.batches for group in leased), sum(group.messages for group in leased)
    return Count(groups, in_hand, held)


def _groups(where: str, parameters: list[Any]) -> list[Group]:
    with scoped_connection().cursor() as cursor:
        cursor.execute(_COUNT_SQL.format(where=where), parameters)
        return [
            Group(tenant_id, route_id, TrafficClass(kind), BatchState(state), holds, batches, int(messages), oldest)
            for tenant_id, route_id, kind, state, holds, batches, messages, oldest in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Batches of one route, class and state, of all tenants. `held_by_staff`: of `batches`."""

    route_id: int
    traffic_class: TrafficClass
    state: BatchState
    batches: int
    messages: int
    held_by_staff: int
    oldest: datetime


_OVERVIEW_SQL: Final = f"""
SELECT b.route_id, b.traffic_class, b.state, count(*), sum(b.messages - least(b.sent_upto, b.messages)),
    count(*) FILTER (WHERE b.holds & {Hold.STAFF} <> 0), min(coalesce(b.due_at, b.accepted_at))
FROM batches b WHERE {{where}} GROUP BY 1, 2, 3"""  # noqa: S608 - a constant of ours


def overview() -> list[Waiting]:
    """Every queue that is not empty, by route and class; one query, in a platform context."""
    sql = " UNION ALL ".join(_OVERVIEW_SQL.format(where=where) for where in (IS_MOVABLE, _IS_LEASED))
    with scoped_connection().cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY 1, 2, 3")
        return [
            Waiting(route_id, TrafficClass(kind), BatchState(state), batches, int(messages), held, oldest)
            for route_id, kind, state, batches, messages, held, oldest in cursor.fetchall()
        ]
