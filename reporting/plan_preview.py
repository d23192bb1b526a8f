"""What a change of plan or routes would have done to the last hour's traffic.

The traffic is read from the batches by the tenants' keys: all of it up to SAMPLE messages, above that every n-th, so
that a preview costs the same in a quiet hour and in a busy one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from kernel.db.tenancy import scoped_connection
from kernel.domain.ids import uuid7_floor
from kernel.domain.traffic import TrafficClass
from kernel.web.templatetags.ui import count
from routing.models import Route
from routing.plan import CompiledPlan
from routing.scene import Scene
from tenants.models import Tenant

LOOK_BACK: Final = timedelta(hours=1)
SAMPLE: Final = 20_000
# Of one tenant; 500 messages each at most.
BATCHES: Final = 20_000
GROUPS_SHOWN: Final = 50

# An index range of batches for each tenant; of these every n-th message by its key.
_TRAFFIC_SQL: Final = """
WITH recent AS (
    SELECT b.*, sum(cardinality(b.ids)) OVER (ORDER BY b.tenant_id, b.id) - cardinality(b.ids) AS before
    FROM tenants_tenant t CROSS JOIN LATERAL (
        SELECT tenant_id, id, ids, sender, traffic_class, destination_label FROM batches
        WHERE tenant_id = t.id AND id >= %s AND accepted_at >= %s ORDER BY id DESC LIMIT %s
    ) b
), step AS (
    SELECT greatest(1, ceil(sum(cardinality(ids)) / %s::numeric))::bigint AS n FROM recent
)
SELECT r.tenant_id, r.traffic_class, r.sender, r.destination_label, m.recipient, m.segments, s.n
FROM recent r CROSS JOIN step s
CROSS JOIN LATERAL generate_series(1 + (s.n - r.before %% s.n) %% s.n, cardinality(r.ids), s.n) AS k
JOIN messages m ON m.tenant_id = r.tenant_id AND m.id = r.ids[k]
ORDER BY r.tenant_id, r.traffic_class, r.sender, r.destination_label
"""


class Sent(NamedTuple):
    """What is alike in the eyes of rules, but for the number."""

    tenant_id: UUID
    traffic_class: int
    sender: str
    destination: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages of the last hour: (recipient, segments) by what they are; each stands for `step`."""

    messages: Mapping[Sent, Sequence[tuple[str, int]]]
    step: int

    @property
    def total(self) -> int:
        return self.step * sum(map(len, self.messages.values()))


@dataclass(slots=True)
class Share:
    """A route before and after; costs in micros of its currency."""

    route_id: int | None
    name: str
    currency: str
    now: int = 0
    then: int = 0
    cost_now: int = 0
    cost_then: int = 0


@dataclass(slots=True)
class Move:
    """Messages that are alike and whose way changes, or that have none afterwards."""

    tenant: str
    traffic_class: TrafficClass
    sender: str
    destination: str
    messages: int = 0
    moved: int = 0
    lost: int = 0
    now: Counter[str] = field(default_factory=Counter)
    then: Counter[str] = field(default_factory=Counter)

    @property
    def now_text(self) -> str:
        return _shares(self.now)

    @property
    def then_text(self) -> str:
        return _shares(self.then)


class Cost(NamedTuple):
    """Micros before and after."""

    currency: str
    now: int
    then: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`lost` have no route afterwards, `stranded` have none now; `step` 1 is a full count."""

    total: int
    moved: int
    lost: int
    stranded: int
    step: int
    shares: Sequence[Share]
    moves: Sequence[Move]
    moves_left: int

    @property
    def lost_title(self) -> str:
        return f"{count(self.lost)} messages would have no route"

    @property
    def costs(self) -> list[Cost]:
        """Sums by currency."""
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for share in self.shares:
            if share.route_id is not None:
                sums[share.currency][0] += share.cost_now
                sums[share.currency][1] += share.cost_then
        return [Cost(currency, now, then) for currency, (now, then) in sorted(sums.items())]

    @property
    def moved_share(self) -> float | None:
        return self.moved / self.total if self.total else None


def _shares(counter: Counter[str]) -> str:
    """ "A" where all go one way, else "A 70 %, B 30 %"; the largest first."""
    total = counter.total()
    ordered = counter.most_common()
    return ordered[0][0] if len(ordered) == 1 else ", ".join(f"{name} {100 * n / total:.0f} %" for name, n in ordered)


def last_hour(now: datetime, *, sample: int = SAMPLE) -> Traffic:
    """What was accepted since an hour ago; one query, in a platform context."""
    since = now - LOOK_BACK
    messages: defaultdict[Sent, list[tuple[str, int]]] = defaultdict(list)
    with scoped_connection().cursor() as cursor:
        cursor.execute(_TRAFFIC_SQL, [uuid7_floor(since), since, BATCHES, sample])
        rows = cursor.fetchall()
    for *what, recipient, segments, _ in rows:
        messages[Sent(*what)].append((recipient, segments))
    return Traffic(messages, step=rows[0][-1] if rows else 1)


def preview(traffic: Traffic, before: Scene, after: Scene) -> Preview:
    """The same traffic sent through both scenes, by the code that routes messages; two queries for names."""
    routes = {route.pk: route for route in Route.objects.only("name", "currency")}
    tenants = dict(
        Tenant.objects.filter(pk__in={sent.tenant_id for sent in traffic.messages}).values_list("pk", "name")
    )
    counted = _Count(traffic.step, before, after, {pk: route.name for pk, route in routes.items()})
    for sent, messages in traffic.messages.items():
        counted.add(sent, tenants.get(sent.tenant_id, "–"), messages)
    for route_id, share in counted.shares.items():
        if route_id is not None and route_id in routes:
            share.currency = routes[route_id].currency
    moves = sorted(counted.moves, key=lambda move: (-move.lost, -move.moved))
    return Preview(
        total=traffic.total,
        moved=sum(move.moved for move in moves),
        lost=sum(move.lost for move in moves),
        stranded=counted.shares[None].now if None in counted.shares else 0,
        step=traffic.step,
        shares=sorted(counted.shares.values(), key=lambda share: (share.route_id is None, -share.then, share.name)),
        moves=moves[:GROUPS_SHOWN],
        moves_left=max(0, len(moves) - GROUPS_SHOWN),
    )


class _Count:
    """Adds up the routes of two scenes."""

    def __init__(self, step: int, before: Scene, after: Scene, names: Mapping[int, str]) -> None:
        self._step, self._names = step, names
        self._costs = before.costs, after.costs
        self._plans = before.plan(), after.plan()
        self.shares: dict[int | None, Share] = {}
        self.moves: list[Move] = []

    def add(self, sent: Sent, tenant: str, messages: Sequence[tuple[str, int]]) -> None:
        recipients = [recipient for recipient, _ in messages]
        ways = zip(*(self._first(plan, sent, recipients) for plan in self._plans), messages, strict=True)
        move = Move(tenant, TrafficClass(sent.traffic_class), sent.sender, sent.destination)
        step = self._step
        for now, then, (recipient, segments) in ways:
            move.messages += step
            move.now[self._name(now)] += step
            move.then[self._name(then)] += step
            move.moved += step * (now != then)
            move.lost += step * (then is None)
            share = self._share(now)
            share.now += step
            share.cost_now += step * segments * (0 if now is None else self._costs[0].cost_of(now, recipient))
            share = self._share(then)
            share.then += step
            share.cost_then += step * segments * (0 if then is None else self._costs[1].cost_of(then, recipient))
        if move.moved or move.lost:
            self.moves.append(move)

    def _first(self, plan: CompiledPlan, sent: Sent, recipients: Sequence[str]) -> list[int | None]:
        orders = plan.routes_for(
            recipients, traffic_class=sent.traffic_class, tenant_id=sent.tenant_id, sender=sent.sender
        )
        return [order[0] if order else None for order in orders]

    def _name(self, route_id: int | None) -> str:
        return "No route" if route_id is None else self._names.get(route_id, f"Route {route_id}")

    def _share(self, route_id: int | None) -> Share:
        share = self.shares.get(route_id)
        if share is None:
            share = self.shares[route_id] = Share(route_id, self._name(route_id), "INR")
        return share
