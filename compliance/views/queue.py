"""Where a reviewer works: the queue, one decision, and one decision about many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from compliance.awaiting import Place, Waiting, queue_page, waiting_items
from compliance.findings import findings_of
from compliance.forms import add_refusal
from compliance.models import Review, Sender, Template
from compliance.presentation import differences, history, lifecycle, meaning, pieces
from compliance.review_forms import QueueForm, ReviewForm
from compliance.samples import samples
from compliance.services.review import first_approvals, objection_to_own
from compliance.services.warnings import concerns
from compliance.statuses import ReviewEvent, ReviewState
from compliance.views.decisions import carry_out, outcome, reviews_of, withdraw_item
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.models import User
from tenants.roles import Permission, Role

AT_ONCE: Final = 200
FEW, MANY = 5, 500
VERB: Final = {ReviewEvent.APPROVE: "Approve", ReviewEvent.REJECT: "Reject", ReviewEvent.ASK_CHANGES: "Ask for changes"}


@require_GET
@tenant_page(Permission.REVIEW_COMPLIANCE)
def review_queue(request: TenantRequest) -> HttpResponse:
    filters = QueueForm(request.GET)
    after, before = (Place.parse(request.GET.get(name, "")) for name in ("after", "before"))
    page = queue_page(filters.narrowing, after=after, before=before)
    context = {
        "filters": filters,
        "page": page,
        "older_url": _with(request, before=page.rows[0].place) if page.has_older and page.rows else None,
        "newer_url": _with(request, after=page.rows[-1].place) if page.has_newer and page.rows else None,
    }
    return render_page(request, "compliance/queue.html", context, partial="rows")


@require_GET
@tenant_page(Permission.REVIEW_COMPLIANCE)
def attention(request: TenantRequest) -> HttpResponse:
    """What ends soon or was stopped by a portal; the queue loads the first of them into itself."""
    found = concerns(now=timezone.now())
    shown = found[:FEW] if request.htmx else found[:MANY]
    context = {"concerns": shown, "more": len(found) - len(shown)}
    return render_page(request, "compliance/attention.html", context, partial="panel")


@dataclass(frozen=True, slots=True)
class Failure:
    """An item of a selection that was not decided, and why."""

    row: Waiting
    refusal: DomainError


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def review_bulk(request: TenantRequest) -> HttpResponse:
    """First what and how many, with the reason; then each by the service on its own, failures by name."""
    rows = waiting_items(request.POST.getlist("chosen")[:AT_ONCE])
    if not rows:
        messages.warning(request, "Nothing was selected, or it is no longer there.")
        return redirect("compliance:queue")
    if "confirmed" not in request.POST:
        decision = request.POST.get("decision")
        if decision not in VERB:
            return redirect("compliance:queue")
        return _confirmation(request, rows, ReviewForm(initial={"decision": decision}), ReviewEvent(decision))
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return redirect("compliance:queue") if "decision" in form.errors else _confirmation(request, rows, form)
    if form.event is not ReviewEvent.APPROVE and not form.words:
        form.add_error("note", "Write a note that says what is wrong: the writers have to learn why.")
        return _confirmation(request, rows, form)
    return _decide_all(request, rows, form)


def _confirmation(
    request: TenantRequest, rows: Sequence[Waiting], form: ReviewForm, event: ReviewEvent | None = None
) -> HttpResponse:
    event = event or ReviewEvent(request.POST["decision"])
    context = {"rows": rows, "form": form, "event": event.value, "verb": VERB[event]}
    return render_page(request, "compliance/queue_bulk.html", context, status=422 if form.errors else 200)


def _decide_all(request: TenantRequest, rows: Sequence[Waiting], form: ReviewForm) -> HttpResponse:
    failures, done = [], []
    for row in rows:
        try:
            carry_out(request, row.item, form.event, form.words, row.place.submitted_at)
        except DomainError as refusal:
            failures.append(Failure(row, refusal))
        else:
            done.append((row, outcome(row.item, form.event)))
    if not failures:
        messages.success(request, f"{VERB[form.event]}: done for {len(done)}.")
        return redirect("compliance:queue")
    context = {"done": done, "failures": failures, "verb": VERB[form.event]}
    return render_page(request, "compliance/queue_done.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.REVIEW_COMPLIANCE)
def review_template(request: TenantRequest, pk: UUID) -> HttpResponse:
    template = get_object_or_404(Template.objects.select_related("sender__entity"), pk=pk)
    form = ReviewForm(request.POST or None)
    if answer := _decided(request, template, form):
        return answer
    versions = list(Template.objects.filter(name=template.name).order_by("-version").defer("variables"))
    earlier = next((v for v in versions if v.version < template.version and v.state == ReviewState.APPROVED), None)
    reviews = Review.objects.filter(object_id__in=[version.pk for version in versions]).order_by("id")
    context = {
        "earlier": earlier,
        "changes": differences(earlier.body, template.body) if earlier else [],
        "pieces": pieces(template.body),
        "variables": meaning(template),
        "samples": samples(template),
        "registrations": list(template.registrations.order_by("country")),
        "sender": template.sender,
        "sender_registrations": list(template.sender.registrations.order_by("country")),
        "entity": template.sender.entity,
        "events": history(versions, reviews),
    }
    return _review_page(request, template, form, context)


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.REVIEW_COMPLIANCE)
def review_sender(request: TenantRequest, pk: UUID) -> HttpResponse:
    sender = get_object_or_404(Sender.objects.select_related("entity"), pk=pk)
    form = ReviewForm(request.POST or None)
    if answer := _decided(request, sender, form):
        return answer
    registrations = list(sender.registrations.order_by("country"))
    context = {
        "sender": sender,
        "sender_registrations": registrations,
        "entity": sender.entity,
        "events": lifecycle(sender, registrations, reviews_of(sender)),
    }
    return _review_page(request, sender, form, context)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_withdraw(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    withdraw_item(request, get_object_or_404(Template, pk=pk))
    return redirect("compliance:template", pk=pk)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def sender_withdraw(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    withdraw_item(request, get_object_or_404(Sender, pk=pk))
    return redirect("compliance:sender", pk=pk)


def _decided(request: TenantRequest, item: Sender | Template, form: ReviewForm) -> HttpResponse | None:
    """Carry out what was posted; None when there is a page to show, with the form's errors if there are any."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        carry_out(request, item, form.event, form.words, form.seen_at)
    except DomainError as refusal:
        add_refusal(form, refusal)
        return None
    messages.success(request, outcome(item, form.event))
    return redirect("compliance:queue")


def _review_page(
    request: TenantRequest, item: Sender | Template, form: ReviewForm, context: dict[str, Any]
) -> HttpResponse:
    item.refresh_from_db(fields=["state", "submitted_at"])
    place = Place(item.submitted_at, item.pk) if item.submitted_at else ""
    if not form.is_bound:
        form = ReviewForm(initial={"seen": place})
    people = User.objects.in_bulk([pk for pk in (item.submitted_by_id, item.created_by_id) if pk])
    context |= {
        "item": item,
        "is_template": isinstance(item, Template),
        "form": form,
        "findings": findings_of(item),
        "approvals": first_approvals(item),
        "objection": objection_to_own(
            item=item, actor=actor_of(request), may_approve_own=request.member_role == Role.OWNER
        ),
        "submitter": people.get(item.submitted_by_id) if item.submitted_by_id else None,
        "writer": people.get(item.created_by_id) if item.created_by_id else None,
    }
    return render_page(request, "compliance/review_item.html", context, status=422 if form.errors else 200)


def _with(request: TenantRequest, **keys: Place) -> str:
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    for name, place in keys.items():
        query[name] = str(place)
    return f"?{query.urlencode()}"
