"""What the dashboards read: roll-ups of a period for the current tenant. Constant numbers of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet, Sum

from campaigns.models import Campaign, Run
from campaigns.statuses import STARTED
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.catalogue import Explanation, explain
from messaging.statuses import TERM_OF, Status, Term
from reporting.kpis import Count, Tally
from reporting.models import Rollup
from reporting.ranges import Period

CAMPAIGNS_SHOWN: Final = 5
REASONS_SHOWN: Final = 8
# Expired by us, before an operator had it; an operator's own expiry says `validity_expired`.
UNSENT_CODE: Final = "not_after_passed"
EARLY: Final = Q(route_id=None) | Q(error_code=UNSENT_CODE)
# What a person reads about under "failures": all that did not arrive, our own refusals included.
NOT_ARRIVED: Final = (
    Status.UNDELIVERED,
    Status.EXPIRED,
    Status.REJECTED,
    Status.FAILED,
    Status.UNKNOWN,
    Status.BLOCKED,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Messages of the period that did not arrive for one reason."""

    term: Term
    explanation: Explanation
    messages: int


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign under way. Its figures are those of the last tick; its own page asks anew."""

    campaign: Campaign
    target: int
    final: int
    charged_micros: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """An hour or a day of acceptance; `at` is its local start, naive."""

    at: datetime
    tally: Tally


def within(period: Period) -> QuerySet[Rollup]:
    return Rollup.objects.filter(quarter__gte=period.start, quarter__lt=period.end)


def summary(period: Period) -> tuple[Tally, list[Reason]]:
    """The tally of a period and why messages did not arrive, the most frequent reason first; one query."""
    grouped: list[Any] = list(
        within(period)
        .values("outcome", "error_code", is_early=EARLY)
        .annotate(total=Sum("messages"), charged=Sum("charged_micros"), cost=Sum("cost_micros"))
    )
    return Tally.of(map(count_of, grouped)), _reasons(grouped)


def count_of(row: dict[str, Any]) -> Count:
    return Count(Status(row["outcome"]), row["is_early"], row["total"], row["charged"], row["cost"])


def _reasons(grouped: Iterable[dict[str, Any]]) -> list[Reason]:
    sums: defaultdict[tuple[Term, str], int] = defaultdict(int)
    for row in grouped:
        if row["outcome"] in NOT_ARRIVED:
            sums[TERM_OF[Status(row["outcome"])], row["error_code"]] += row["total"]
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [Reason(term, explain(code), messages) for (term, code), messages in ordered if messages]


_COURSE_SQL: Final = """
SELECT date_trunc(%s, quarter AT TIME ZONE %s), outcome, route_id IS NULL OR error_code = %s, sum(messages)::bigint
FROM reporting_rollup WHERE tenant_id = %s AND quarter >= %s AND quarter < %s GROUP BY 1, 2, 3
"""


def course(period: Period) -> list[Bucket]:
    """The period hour by hour, or day by day, empty ones included; one query."""
    step, zone = period.choice.step, str(period.zone)
    parameters: list[Any] = [step, zone, UNSENT_CODE, current_tenant_id(), period.start, period.end]
    counts: defaultdict[datetime, list[Count]] = defaultdict(list)
    with scoped_connection().cursor() as cursor:
        cursor.execute(_COURSE_SQL, parameters)
        for at, outcome, is_early, messages in cursor.fetchall():
            counts[at].append(Count(Status(outcome), is_early, messages))
    return [Bucket(at, Tally.of(counts[at])) for at in period.buckets()]


def running_campaigns() -> list[Running]:
    """Campaigns under way, the latest first, with the progress of their last run; two queries."""
    campaigns = list(Campaign.objects.filter(state__in=STARTED).order_by("-id")[:CAMPAIGNS_SHOWN])
    runs = Run.objects.filter(campaign__in=campaigns).order_by("number") if campaigns else []
    latest: dict[Any, Run] = {run.campaign_id: run for run in runs}
    return [_running(campaign, latest.get(campaign.pk)) for campaign in campaigns]


def _running(campaign: Campaign, run: Run | None) -> Running:
    if run is None:
        return Running(campaign, 0, 0, 0)
    terms: dict[str, int] = run.progress.get("terms", {})
    waiting = terms.get(Term.WAITING.value, run.target)
    return Running(campaign, run.target, run.target - waiting, run.progress.get("charged_micros", 0))
