"""The hygiene of a list: its report, its score, and looking its numbers up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns.forms import countries
from campaigns.hygiene.counting import Counts
from campaigns.hygiene.facts import Line
from campaigns.hygiene.forms import LookUpForm
from campaigns.hygiene.score import tone_of
from campaigns.hygiene.statuses import VerificationState
from campaigns.models import ContactList, ListReport, Verification
from campaigns.services import hygiene, verifying
from campaigns.tasks import examine_list, verify_list
from campaigns.waking import after_commit
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

SHOWN: Final = 8
_LINES: Final = {
    Line.MOBILE: "Mobile",
    Line.EITHER: "Mobile or landline",
    Line.LANDLINE: "Landline",
    Line.OTHER: "Special service",
    Line.INVALID: "Not valid by today's plans",
}
_LATELY: Final = {
    "month": "Delivered within 30 days",
    "quarter": "Delivered within 90 days",
    "older": "Delivered within 180 days",
    "undelivered": "Written to, never delivered",
    "never": "Not written to for 180 days",
}


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def list_hygiene(request: TenantRequest, pk: UUID) -> HttpResponse:
    chosen = get_object_or_404(ContactList, pk=pk)
    running, report = _under_way(pk)
    context: dict[str, Any] = {"list": chosen, "report": report, **running}
    if report is not None:
        counts = Counts.from_json(report.counts)
        context |= {"counts": counts, "tables": tables_of(counts), "tone": tone_of(report.score or 0)}
        context["quotes"] = [quote for quote in verifying.quotes_of(pk) if quote.numbers]
    return render_page(request, "contacts/list_hygiene.html", context)


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def list_hygiene_live(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The polled part; when nothing is under way any more, the whole page is loaded anew."""
    chosen = get_object_or_404(ContactList, pk=pk)
    running, _ = _under_way(pk)
    response = render(request, "contacts/list_hygiene.html#live", {"list": chosen, **running})
    if not running["counting"] and not running["looking_up"]:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def list_examine(request: TenantRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(ContactList, pk=pk)
    report = hygiene.request_report(list_id=pk, actor=actor_of(request), now=timezone.now())
    after_commit(examine_list, report.tenant_id, report.pk)
    return redirect("campaigns:list-hygiene", pk=pk)


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def list_look_up(request: TenantRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(ContactList, pk=pk)
    form = LookUpForm(request.POST)
    if form.is_valid():
        try:
            begun = verifying.start_verification(
                list_id=pk, **form.cleaned_data, actor=actor_of(request), now=timezone.now()
            )
        except DomainError as refusal:
            messages.error(request, f"{refusal.detail} {refusal.remedy}")
        else:
            after_commit(verify_list, begun.tenant_id, begun.pk)
    else:
        messages.error(request, "Nothing was asked: the price was missing. Start it from the list's page.")
    return redirect("campaigns:list-hygiene", pk=pk)


@require_POST
@tenant_page(Permission.MANAGE_CONTACTS)
def list_look_up_stop(request: TenantRequest, pk: UUID) -> HttpResponse:
    get_object_or_404(ContactList, pk=pk)
    running = Verification.objects.filter(contact_list_id=pk, state=VerificationState.RUNNING).first()
    if running is not None:
        verifying.stop_verification(verification_id=running.pk, actor=actor_of(request), now=timezone.now())
    return redirect("campaigns:list-hygiene", pk=pk)


def _under_way(list_id: UUID) -> tuple[dict[str, Any], ListReport | None]:
    """What is being counted and asked, the last look-up, and the last finished report."""
    latest = hygiene.latest_report(list_id)
    counting = latest if latest is not None and latest.is_running else None
    report = hygiene.latest_report(list_id, finished=True) if counting else latest
    look_up = Verification.objects.filter(contact_list_id=list_id).order_by("-id").first()
    is_asking = look_up is not None and look_up.is_running
    return {"counting": counting, "looking_up": look_up if is_asking else None, "look_up": look_up}, report


def tables_of(counts: Counts) -> list[dict[str, Any]]:
    """The figures of a report as small tables: title, note, rows of label and people."""
    names = dict(countries())
    return [
        _table("Kind of line", "", {_LINES[Line(key)]: people for key, people in counts.lines.items()}),
        _table("Lately", "", {label: counts.lately[key] for key, label in _LATELY.items() if counts.lately[key]}),
        _table("Country", "", {names.get(key, key): people for key, people in counts.countries.items()}),
        _table("Original operator", "Numbers are ported: who serves one now, only a look-up tells.", counts.operators),
        _table("Circle", "As look-ups told.", counts.circles if any(counts.circles) else {}),
    ]


def _table(title: str, note: str, people: Mapping[str, int]) -> dict[str, Any]:
    """The largest first, the others together."""
    ranked = sorted(people.items(), key=lambda item: (-item[1], item[0]))
    rows = [(label or "Not known", many) for label, many in ranked[:SHOWN]]
    if others := sum(many for _, many in ranked[SHOWN:]):
        rows.append(("Others", others))
    return {"title": title, "note": note, "rows": rows}
