"""What a tenant's people read about its money. Call in the tenant's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum

from billing.models import TRAFFIC_CLASSES, EntryKind, LedgerEntry, Rate, Wallet
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.ids import uuid7_floor

RUNWAY_DAYS: Final = 7
CLASS_LABELS: Final = dict(TRAFFIC_CLASSES)
# What messages cost; top-ups and adjustments belong to no destination.
COST_KINDS: Final = (EntryKind.CHARGE, EntryKind.REFUND)


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one campaign cost at one destination in one class; campaign None is traffic outside campaigns."""

    campaign_id: UUID | None
    campaign_label: str
    destination: str
    destination_label: str
    traffic_class: int | None
    messages: int
    segments: int
    micros: int

    @property
    def class_label(self) -> str:
        return "" if self.traffic_class is None else CLASS_LABELS[self.traffic_class]


@dataclass(frozen=True, slots=True)
class Runway:
    """How long the wallet lasts at the pace of the last days; days None is without end, since nothing was spent."""

    spent_micros: int
    days: int | None


def wallet() -> Wallet | None:
    return Wallet.objects.select_related("rate_card").first()


def month_bounds(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of the month that `month` lies in, and the first after it, by the clocks of the zone."""
    first = month.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return datetime.combine(first, time.min, zone), datetime.combine(following, time.min, zone)


def entries_between(start: datetime, end: datetime) -> QuerySet[LedgerEntry]:
    """Entries of start <= at < end, by their ids, which the key's index finds."""
    return LedgerEntry.objects.filter(id__gte=uuid7_floor(start), id__lt=uuid7_floor(end))


def with_campaign_names(entries: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
    """Adds `campaign_name`, None outside campaigns: what a campaign was called at its last hold, as `month_costs` says.

    A settlement writes no name; the dispatcher does not know it.
    """
    holds = LedgerEntry.objects.filter(campaign_id=OuterRef("campaign_id"), kind=EntryKind.HOLD).order_by("-id")
    return entries.annotate(campaign_name=Subquery(holds.values("campaign_label")[:1]))


COSTS_SQL: Final = """
WITH cost AS (
    SELECT campaign_id, destination, traffic_class, max(destination_label) AS destination_label,
        sum(CASE kind WHEN 'charge' THEN messages ELSE -messages END) AS messages,
        sum(CASE kind WHEN 'charge' THEN segments ELSE -segments END) AS segments,
        -sum(amount_micros) AS micros
    FROM billing_ledgerentry
    WHERE tenant_id = %s AND id >= %s AND id < %s AND kind IN ('charge', 'refund')
    GROUP BY campaign_id, destination, traffic_class
)
SELECT cost.campaign_id, coalesce(label.campaign_label, ''), cost.destination, cost.destination_label,
    cost.traffic_class, cost.messages, cost.segments, cost.micros
FROM cost LEFT JOIN LATERAL (
    SELECT h.campaign_label FROM billing_ledgerentry h
    WHERE h.tenant_id = %s AND h.campaign_id = cost.campaign_id AND h.kind = 'hold' ORDER BY h.id DESC LIMIT 1
) label ON true
ORDER BY cost.micros DESC, cost.campaign_id, cost.destination, cost.traffic_class
"""


def month_costs(month: date, zone: ZoneInfo) -> list[CostRow]:
    """Charges less refunds of a month by campaign, destination and class, dearest first; the sum is the ledger's.

    A campaign has the name it had at its last hold: the ledger keeps it, so a deleted campaign stays readable.
    """
    start, end = month_bounds(month, zone)
    tenant_id = current_tenant_id()
    with scoped_connection().cursor() as cursor:
        cursor.execute(COSTS_SQL, [tenant_id, uuid7_floor(start), uuid7_floor(end), tenant_id])
        # PostgreSQL adds integers up to numeric.
        return [CostRow(*row[:5], *map(int, row[5:])) for row in cursor.fetchall()]


def ledger_cost(start: datetime, end: datetime) -> int:
    """Charges less refunds between two instants, in micros, straight from the ledger."""
    spent = entries_between(start, end).filter(kind__in=COST_KINDS).aggregate(total=Sum("amount_micros"))["total"]
    return -(spent or 0)


def runway(of: Wallet, now: datetime) -> Runway:
    spent = ledger_cost(now - timedelta(days=RUNWAY_DAYS), now)
    if spent <= 0:
        return Runway(0, None)
    return Runway(spent, max(of.available_micros, 0) * RUNWAY_DAYS // spent)


def current_rates(card_id: UUID, now: datetime) -> QuerySet[Rate]:
    """The rates in force, in the order of their prefixes."""
    return Rate.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=now), card=card_id, valid_from__lte=now)


def total_of(rows: Sequence[CostRow]) -> int:
    return sum(row.micros for row in rows)
