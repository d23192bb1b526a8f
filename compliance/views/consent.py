"""What one number told, registers of preferences, and opt-outs from a file."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from compliance import services
from compliance.consent.dnd import FILE, FileSource, sources
from compliance.consent.uploads import Line, lines_of
from compliance.forms import add_refusal
from compliance.forms_consent import NumberForm, NumbersFileForm
from compliance.models import ConsentPolicy, DndList
from compliance.services.consent import timeline_of
from compliance.services.dnd import refresh_preferences
from compliance.services.opt_outs import OptOutFile
from kernel.domain.errors import DomainError
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, mask, parse_number
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@tenant_page(Permission.MANAGE_COMPLIANCE)
def consent(request: TenantRequest) -> HttpResponse:
    """A number is asked for in the body of a request, so that no address and no log has it."""
    form = NumberForm(request.POST if request.method == "POST" else None, region=request.tenant.country)
    shown = {}
    if request.method == "POST" and form.is_valid():
        recipient = form.cleaned_data["number"]
        shown = {"timeline": timeline_of(recipient), "recipient": mask(recipient)}
    return _page(request, {"form": form, **shown}, status=422 if form.errors else 200)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def preferences_upload(request: TenantRequest) -> HttpResponse:
    def apply(lines: list[Line], name: str) -> str:
        applied = services.apply_preferences(
            source=FILE,
            name=name,
            preferences=FileSource().rows_of(lines),
            region=request.tenant.country,
            actor=actor_of(request),
            now=timezone.now(),
        )
        return f"{applied.of_list.numbers} numbers are on the register now; {_said_of(applied.unreadable)}"

    return _take(request, apply, "preferences_form")


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def preferences_remove(request: TenantRequest) -> HttpResponse:
    source = request.POST.get("source", FILE)
    if services.forget_preferences(source=source, actor=actor_of(request), now=timezone.now()):
        messages.success(request, "The register is removed; it blocks nothing any more.")
    return redirect("compliance:consent")


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def preferences_read(request: TenantRequest) -> HttpResponse:
    """Begin to use a source that a package brings, or read it again now."""
    source, country = request.POST.get("source", ""), request.tenant.country
    try:
        applied = refresh_preferences(source=source, region=country, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{refusal} What was there before stays.")
    else:
        messages.success(request, f"{applied.of_list.numbers} numbers are on this register; it is read daily.")
    return redirect("compliance:consent")


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def opt_outs_upload(request: TenantRequest) -> HttpResponse:
    def apply(lines: list[Line], name: str) -> str:
        numbers, unreadable = _numbers(lines, request.tenant.country)
        made = services.opt_out_many(
            recipients=numbers,
            evidence=name,
            file=OptOutFile(name[:120], unreadable),
            actor=actor_of(request),
            now=timezone.now(),
        )
        return f"{made} opt-outs are new; {len(numbers) - made} stood already; {_said_of(unreadable)}"

    return _take(request, apply, "opt_outs_form")


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def consent_policy(request: TenantRequest) -> HttpResponse:
    is_needed = request.POST.get("needed") == "yes"
    services.need_consent(is_needed=is_needed, actor=actor_of(request), now=timezone.now())
    words = "Promotions go only to people who agreed." if is_needed else "Only people on a register need to agree."
    messages.success(request, words)
    return redirect("compliance:consent")


def _take(request: TenantRequest, apply: Callable[[list[Line], str], str], slot: str) -> HttpResponse:
    form = NumbersFileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            words = apply(lines_of(file.chunks(), region=request.tenant.country), file.name)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, words)
            return redirect("compliance:consent")
    return _page(request, {slot: form}, status=422)


def _page(request: TenantRequest, given: dict[str, object], *, status: int) -> HttpResponse:
    lists = list(DndList.objects.filter(is_active=True))
    used = {each.source for each in lists}
    context = {
        "form": NumberForm(region=request.tenant.country),
        "preferences_form": NumbersFileForm(auto_id="preferences_%s"),
        "opt_outs_form": NumbersFileForm(auto_id="opt_outs_%s"),
        "lists": lists,
        "sources": [(each.name, each.label, each.name in used) for each in sources().values() if each.name != FILE],
        "has_file": FILE in used,
        "is_needed": ConsentPolicy.objects.filter(needs_consent=True).exists(),
        "may_review": Permission.REVIEW_COMPLIANCE in request.permissions,
        **given,
    }
    return render_page(request, "compliance/consent.html", context, status=status)


def _said_of(unreadable: int) -> str:
    return "1 line was no number." if unreadable == 1 else f"{unreadable} lines were no number."


def _numbers(lines: list[Line], region: str) -> tuple[list[E164], int]:
    """The readable numbers, each once, and how many lines were none."""
    found: dict[E164, None] = {}
    unreadable = 0
    for line in lines:
        try:
            found[parse_number(line.recipient, region=region)] = None
        except NumberRefused:
            unreadable += 1
    return list(found), unreadable
