"""The gap report: what operators' scrubbing refused, and which rule here would have caught it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from compliance.gaps import RULES_OF, gap_of
from kernel.domain.clock import utc_now
from kernel.web.htmx import render_page
from messaging.statuses import TERM_OF, Status
from reporting.queries import within
from reporting.ranges import CHOICES, ROLLING, Choice, Period, period_of, rolling
from reporting.views import messages_url
from tenants.access import TenantRequest, staff_page, tenant_page
from tenants.models import Tenant
from tenants.roles import Permission

MOST = 200


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def gaps(request: TenantRequest) -> HttpResponse:
    period = period_of(request.GET.get("range") or "30d", zone=request.tenant.zone, now=utc_now())
    grouped = _grouped(period, "error_code", "outcome")
    rows = [
        {
            "gap": gap_of(row["error_code"]),
            "messages": row["total"],
            "url": messages_url(request, period, outcome=TERM_OF[Status(row["outcome"])].value, code=row["error_code"]),
        }
        for row in grouped
    ]
    return render_page(request, "reporting/gaps.html", {"rows": rows, **_period(period, CHOICES)})


@require_GET
@staff_page
def console_gaps(request: TenantRequest) -> HttpResponse:
    period = rolling(request.GET.get("range") or "30d", zone=ZoneInfo("UTC"), now=utc_now())
    grouped = _grouped(period, "tenant_id", "error_code")
    names = dict(Tenant.objects.filter(pk__in={row["tenant_id"] for row in grouped}).values_list("pk", "name"))
    rows = [
        {"gap": gap_of(row["error_code"]), "messages": row["total"], "tenant": names.get(row["tenant_id"], "–")}
        for row in grouped
    ]
    return render_page(request, "reporting/console_gaps.html", {"rows": rows, **_period(period, ROLLING)})


def _grouped(period: Period, *by: str) -> list[dict[str, Any]]:
    """From the roll-ups, most first; what is kept of blocked messages is no operator's word."""
    found = within(period).filter(error_code__in=list(RULES_OF)).exclude(outcome=Status.BLOCKED)
    totals = found.values(*by).annotate(total=Sum("messages")).filter(total__gt=0)
    return list(totals.order_by("-total", *by)[:MOST])


def _period(period: Period, choices: tuple[Choice, ...]) -> dict[str, Any]:
    links = [
        {"label": choice.label, "url": f"?range={choice.key}", "active": choice == period.choice} for choice in choices
    ]
    return {"period": period, "choices": links}
