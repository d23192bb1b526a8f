"""The console's pages about queues: what waits, surgery, what is in doubt, and how a route takes part."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import messages as notices
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit.services import record_for_platform
from kernel.db.tenancy import scoped_connection
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.domain.traffic import TrafficClass
from kernel.web.htmx import render_page
from messaging.console_forms import SelectionForm, SettleForm
from messaging.models import Operation
from messaging.services.doubt import PAGE_SIZE, Settled, doubtful, doubts
from messaging.services.passing_on import left_on
from messaging.services.selecting import overview
from messaging.services.surgery import Action, Order, prepare, start
from messaging.tasks import operate
from routing import breaker
from routing.models import Breaker, Drain, Route
from routing.queries import route_overviews
from routing.services.usable import usability
from routing.statuses import RouteState
from tenants.access import TenantRequest, actor_of, staff_page
from tenants.models import Tenant

OPERATIONS_SHOWN: Final = 10


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def queues(request: TenantRequest) -> HttpResponseBase:
    now = utc_now()
    form = SelectionForm(request.POST or None, initial={"route": request.GET.get("route")})
    if request.method == "POST" and form.is_valid() and (operation := _count(request, form, form.order(now), now)):
        return redirect("console_queues:operation", operation.pk)
    names = _names()
    context = {
        "form": form,
        "queues": [(each, names.get(each.route_id, "–")) for each in overview()],
        "operations": Operation.objects.exclude(state=Operation.State.COUNTED).order_by("-at")[:OPERATIONS_SHOWN],
        "breakers": [(names.get(route_id, "–"), each) for route_id, each in sorted(breaker.standings().items())],
        "now": now,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "messages/console_queues.html", context, partial="waiting", status=status)


def _count(request: TenantRequest, form: Any, order: Order, now: datetime) -> Operation | None:
    try:
        return prepare(order=order, actor=actor_of(request), now=now)
    except DomainError as refusal:
        form.add_error("target" if "target" in form.fields else None, f"{refusal.detail} {refusal.remedy}")
        return None


@require_GET
@staff_page
def operation(request: TenantRequest, operation_id: UUID) -> HttpResponse:
    found = get_object_or_404(Operation, pk=operation_id)
    names = _names()
    tenants = dict(Tenant.objects.values_list("pk", "name"))
    counted = found.counted
    groups = [
        ("Route", [(names.get(int(key), "–"), *sums) for key, sums in counted.get("by_route", {}).items()]),
        ("Class", [(TrafficClass(int(key)).label, *sums) for key, sums in counted.get("by_class", {}).items()]),
        ("Organisation", [(tenants.get(UUID(key), "–"), *sums) for key, sums in counted.get("by_tenant", {}).items()]),
    ]
    context = {
        "operation": found,
        "label": _label(found, names),
        "selection": _selection(found.selection, names, tenants),
        "counted": counted,
        "groups": [(title, rows) for title, rows in groups if rows],
        "refused": {**counted, **found.done}.get("refused"),
        "failed": len(found.done.get("failed", [])),
        "failed_tenants": [tenants.get(UUID(ident), "–") for ident in found.done.get("failed_tenants", [])],
        "held": sorted(counted.get("held_micros", {}).items()),
        "is_settling": found.action == Action.SETTLE,
        "has_work": _has_work(found),
        "is_running": found.state == Operation.State.RUNNING,
    }
    return render_page(request, "messages/console_operation.html", context, partial="result")


@require_POST
@staff_page
def operation_start(request: TenantRequest, operation_id: UUID) -> HttpResponseBase:
    get_object_or_404(Operation, pk=operation_id)
    if start(operation_id=operation_id):
        transaction.on_commit(lambda: operate.delay(str(operation_id)), using=scoped_connection().alias)
    return redirect("console_queues:operation", operation_id)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def in_doubt(request: TenantRequest) -> HttpResponseBase:
    now = utc_now()
    form = SettleForm(request.POST or None, initial={"route": request.GET.get("route")})
    if request.method == "POST" and form.is_valid() and (counted := _count(request, form, form.order(now), now)):
        return redirect("console_queues:operation", counted.pk)
    names = _names()
    before = now + timedelta(seconds=1)
    rows = doubtful(list(names), before=before, after=_key(request, before))
    older = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    context = {
        "form": form,
        "sums": [(names[each.route_id], each) for each in doubts(list(names), before=before)],
        "rows": [(names[each.route_id], each) for each in rows[:PAGE_SIZE]],
        "older_url": f"?at={older.at:%Y-%m-%dT%H:%M:%S.%fZ}&id={older.id}" if older else None,
        "now": now,
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "messages/console_doubts.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def route_health(request: TenantRequest, pk: int) -> HttpResponseBase:
    route, now = get_object_or_404(Route, pk=pk), utc_now()
    if request.method == "POST":
        _act(request, route, now)
        return redirect("console_queues:route", pk)
    queued, leased, unanswered = left_on(pk, now)
    found = Breaker.objects.filter(pk=pk).first()
    context = {
        "route": route,
        "breaker": found,
        "phase": breaker.phase(found, now).value,
        "drain": Drain.objects.filter(pk=pk).first(),
        "line": route_overviews(now=now, route_id=pk)[0],
        "queued": queued,
        "leased": leased,
        "unanswered": unanswered,
        "is_dry": route.state != RouteState.ENABLED and not (queued or leased or unanswered),
        # Once, though both lanes may say it.
        "stranded": list(dict.fromkeys(each.reason for each in usability(now).stranded if each.route_id == pk)),
        "now": now,
    }
    return render_page(request, "messages/console_route.html", context, partial="left")


def _act(request: TenantRequest, route: Route, now: datetime) -> None:
    actor, wanted = actor_of(request), request.POST.get("action")
    if wanted in ("open", "close"):
        by_hand, done = (breaker.open_by_hand, "opened") if wanted == "open" else (breaker.close_by_hand, "closed")
        by_hand(route_id=route.pk, reason=f"{done} by staff", now=now)
        record_for_platform(
            action=f"breaker.{wanted}",
            actor=actor,
            object_type="route",
            number=route.pk,
            summary=f"{done.capitalize()} the circuit breaker",
            now=now,
        )
        notices.success(request, f"The circuit breaker of {route.name} is {'open' if wanted == 'open' else 'closed'}.")


def _has_work(found: Operation) -> bool:
    """Whether carrying it out would do anything; what goes again by itself is not ended by staff."""
    is_ending = found.action == Action.SETTLE and found.options.get("ending") != Settled.SUBMITTED
    return bool(found.counted.get("counted" if is_ending else "messages"))


def _names() -> dict[int, str]:
    return dict(Route.objects.values_list("pk", "name"))


def _key(request: HttpRequest, latest: datetime) -> tuple[datetime, UUID]:
    """Behind which message the page begins; the first page for what no page of ours gave."""
    try:
        at, ident = parse_datetime(request.GET.get("at", "")), UUID(request.GET.get("id", ""))
    except ValueError:
        return latest, UUID(int=0)
    return (at, ident) if at is not None and at.tzinfo is not None else (latest, UUID(int=0))


def _label(found: Operation, names: dict[int, str]) -> str:
    target, ending = found.options.get("target"), found.options.get("ending")
    return {
        Action.MOVE: f"Move to {names.get(target, '–')}",
        Action.HOLD: "Hold",
        Action.RESUME: "Resume",
        Action.EXPIRE: "Expire",
        Action.SETTLE: f"Settle as {ending}",
    }[Action(found.action)]


def _selection(given: dict[str, Any], names: dict[int, str], tenants: dict[UUID, str]) -> list[tuple[str, str]]:
    """What was selected, in words."""
    kind = given["traffic_class"]
    tenant = given["tenant_id"]
    shown = [
        ("Route", names.get(given["route_id"], "–") if given["route_id"] else ""),
        ("Organisation", tenants.get(UUID(tenant), "–") if tenant else ""),
        ("Class", "" if kind is None else TrafficClass(kind).label),
        ("Sender ID", given["sender"]),
        ("Campaign", given["campaign_id"] or ""),
        ("Waiting for", f"{given['waiting_s'] // 60} minutes or longer" if given["waiting_s"] else ""),
    ]
    return [(name, value) for name, value in shown if value] or [("Everything", "that waits")]
