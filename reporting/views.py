"""The two first pages: an organisation's overview, and the platform's console."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.queries import wallet
from kernel.domain.clock import utc_now
from kernel.web.htmx import render_page
from kernel.web.templatetags.ui import count, money
from messaging.statuses import BatchState, Term
from reporting import margins, queries, queues
from reporting.first_steps import first_steps
from reporting.kpis import Tally
from reporting.ranges import CHOICES, ROLLING, Choice, Period, period_of, rolling
from reporting.templatetags.kpis import rate
from routing.models import Route
from routing.queries import route_overviews
from routing.statuses import RouteState
from tenants.access import TenantRequest, person_page, staff_page, tenant_page
from tenants.roles import Permission


@require_GET
@person_page
def home(request: TenantRequest) -> HttpResponseBase:
    """The first page after signing in: the organisation's, or the console for staff who belong to none."""
    if not request.memberships and request.user.is_staff:
        return redirect("reporting:console")
    return overview(request)


@tenant_page(Permission.VIEW_REPORTS)
def overview(request: TenantRequest) -> HttpResponse:
    period = _period(request)
    tally, reasons = queries.summary(period)
    context = {
        "period": period,
        "choices": _choices(CHOICES, period),
        "tally": tally,
        "cards": _cards(request, period, tally),
        "reasons": _reasons(request, period, reasons),
        "reasons_left": max(len(reasons) - queries.REASONS_SHOWN, 0),
        "running": queries.running_campaigns(),
        "may_view_money": Permission.VIEW_MONEY in request.permissions,
        "now": timezone.now(),
    }
    if not request.htmx:
        context["steps"] = first_steps(request.permissions)
    return render_page(request, "reporting/home.html", context, partial="figures")


@require_GET
@tenant_page(Permission.VIEW_REPORTS)
def traffic_json(request: TenantRequest) -> JsonResponse:
    """The course of the chosen period, as charts.js reads it."""
    period = _period(request)
    buckets = queries.course(period)
    series = [
        ("Handed over", "info", [bucket.tally.handed_over for bucket in buckets]),
        ("Delivered", "ok", [bucket.tally.delivered for bucket in buckets]),
        ("Failed or expired", "bad", [bucket.tally.failed + bucket.tally.expired for bucket in buckets]),
    ]
    return JsonResponse(
        {
            "labels": [_label(bucket.at, period) for bucket in buckets],
            "unit": "messages",
            "series": [{"label": label, "tone": tone, "values": values} for label, tone, values in series],
        }
    )


@require_GET
@tenant_page(Permission.VIEW_REPORTS)
def traffic(request: TenantRequest) -> HttpResponse:
    """The figures of the chart, newest first, each leading to its messages."""
    period = _period(request)
    rows = [
        {"at": bucket.at, "label": _label(bucket.at, period), "cells": _cells(request, period, bucket)}
        for bucket in reversed(queries.course(period))
    ]
    context = {"period": period, "choices": _choices(CHOICES, period), "rows": rows}
    return render_page(request, "reporting/traffic.html", context)


@require_GET
@staff_page
def console(request: TenantRequest) -> HttpResponse:
    now = utc_now()
    context = _live(now)
    if not request.htmx:
        period = rolling(request.GET.get("range"), zone=ZoneInfo("UTC"), now=now)
        context |= {"period": period, "choices": _choices(ROLLING, period), "lines": margins.lines(period)}
    return render_page(request, "reporting/console.html", context, partial="live")


def _live(now: datetime) -> dict[str, Any]:
    """What moves by itself: lines, queues, what nobody has answered; nine queries."""
    overviews = route_overviews(now=now)
    names = dict(Route.objects.values_list("pk", "name"))
    waiting = queues.depth()
    doubts = queues.in_doubt(now)
    return {
        "routes": overviews,
        "queues": [{"queue": queue, "route": names.get(queue.route_id, "–")} for queue in waiting],
        "ready": sum(queue.messages for queue in waiting if queue.state is BatchState.READY),
        "leased": sum(queue.messages for queue in waiting if queue.state is BatchState.LEASED),
        "held": sum(queue.messages for queue in waiting if queue.state is BatchState.HELD),
        "tps": sum(seen.tps_now for seen in overviews),
        "in_flight": sum(seen.window_used for seen in overviews),
        "in_doubt": sum(each.messages for each in doubts),
        "doubts": [(names.get(each.route_id, "–"), each) for each in doubts],
        "unmatched": queues.unmatched(now),
        "wayless": queues.wayless_total(now),
        "now": now,
    }


@require_GET
@staff_page
def wayless(request: TenantRequest) -> HttpResponse:
    """Whose messages were refused because no route was open to them, and what each route does."""
    now = utc_now()
    context = {"rows": queues.wayless(now), "closed": Route.objects.exclude(state=RouteState.ENABLED), "now": now}
    return render_page(request, "reporting/wayless.html", context)


def _period(request: TenantRequest) -> Period:
    return period_of(request.GET.get("range"), zone=request.tenant.zone, now=utc_now())


def _choices(choices: tuple[Choice, ...], period: Period) -> list[dict[str, Any]]:
    return [
        {"label": choice.label, "url": f"?range={choice.key}", "active": choice == period.choice} for choice in choices
    ]


def _cards(request: TenantRequest, period: Period, tally: Tally) -> list[dict[str, Any]]:
    """The first row: how much, how well, what not, for how much."""
    label = period.choice.label.lower()
    return [
        {
            "label": f"Sent, {label}",
            "value": count(tally.handed_over),
            "note": f"{count(tally.accepted)} accepted, {count(tally.waiting)} waiting, {count(tally.blocked)} blocked",
            "url": messages_url(request, period, outcome="submitted"),
        },
        {
            "label": "Delivered",
            "value": rate(tally.delivery_rate),
            "note": _delivery_note(tally),
            "change": "Few receipts" if tally.is_coverage_low else "",
            "tone": "wait",
            "url": messages_url(request, period, outcome=Term.DELIVERED.value),
        },
        {
            "label": "Failed",
            "value": count(tally.failed),
            "note": f"{count(tally.expired)} expired, {count(tally.unknown)} without a receipt",
            "url": messages_url(request, period, outcome=Term.FAILED.value),
        },
        _money_card(request, period, tally),
    ]


def _delivery_note(tally: Tally) -> str:
    if not tally.handed_over:
        return "of what was handed to operators"
    return f"settled {rate(tally.settled_share)}, with receipt {rate(tally.receipt_coverage)}"


def _money_card(request: TenantRequest, period: Period, tally: Tally) -> dict[str, Any]:
    if Permission.VIEW_MONEY not in request.permissions:
        waiting = messages_url(request, period, outcome=Term.WAITING.value)
        return {"label": "Waiting", "value": count(tally.waiting), "note": "not final yet", "url": waiting}
    purse, currency = wallet(), request.tenant.currency
    note = f"balance {money(purse.balance_micros, purse.currency)}" if purse else "no wallet yet"
    if tally.cost_per_delivered is not None:
        # A hundredth of a coin is as fine as prices are compared.
        note += f", {money(round(tally.cost_per_delivered, -2), currency)} per delivered"
    return {
        "label": f"Cost, {period.choice.label.lower()}",
        "value": money(tally.charged_micros, currency),
        "note": note,
        "url": reverse("billing:wallet"),
    }


def _reasons(request: TenantRequest, period: Period, reasons: list[queries.Reason]) -> list[dict[str, Any]]:
    return [
        {
            "reason": reason,
            "url": messages_url(request, period, outcome=reason.term.value, code=reason.explanation.code),
        }
        for reason in reasons[: queries.REASONS_SHOWN]
    ]


def _cells(request: TenantRequest, period: Period, bucket: queries.Bucket) -> list[dict[str, Any]]:
    tally = bucket.tally
    figures = {
        "Accepted": (tally.accepted, "accepted"),
        "Handed over": (tally.handed_over, "submitted"),
        "Delivered": (tally.delivered, Term.DELIVERED.value),
        "Failed": (tally.failed, Term.FAILED.value),
        "Expired": (tally.expired, Term.EXPIRED.value),
        "No receipt": (tally.unknown, Term.UNKNOWN.value),
        "Blocked": (tally.blocked, Term.BLOCKED.value),
    }
    return [
        {
            "label": label,
            "count": value,
            "url": _bucket_url(request, period, bucket.at, outcome=outcome) if value else None,
        }
        for label, (value, outcome) in figures.items()
    ]


def messages_url(request: TenantRequest, period: Period, **filters: str) -> str | None:
    """The messages behind a figure of the period; None for roles that may not see messages."""
    days = {"since": period.first_day.isoformat(), "until": period.last_day.isoformat()}
    return _list_url(request, {**filters, **days})


def _bucket_url(request: TenantRequest, period: Period, at: datetime, **filters: str) -> str | None:
    step = timedelta(days=1) if period.choice.step == "day" else timedelta(hours=1)
    start, end = at.replace(tzinfo=period.zone), (at + step).replace(tzinfo=period.zone)
    return _list_url(request, {**filters, "start": start.isoformat(), "end": end.isoformat()})


def _list_url(request: TenantRequest, query: Mapping[str, str]) -> str | None:
    if Permission.VIEW_MESSAGES not in request.permissions:
        return None
    return f"{reverse('messaging:messages')}?{urlencode(query)}"


def _label(at: datetime, period: Period) -> str:
    if period.choice.step == "day":
        return f"{at.day} {at:%b}"
    return f"{at:%H:%M}" if period.choice.days == 1 else f"{at:%a} {at:%H:%M}"
