from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from compliance import services
from compliance.forms import FilterForm, SenderForm, SenderRegistrationForm, add_refusal
from compliance.identifiers import INDIA, IdKind, parse_dlt_id, parse_header, suffixes
from compliance.models import Sender, SenderRegistration
from compliance.presentation import destinations, lifecycle, sender_readiness
from compliance.register_forms import standing_word
from compliance.statuses import SenderKind, Tenure
from compliance.views.decisions import abilities, decide_item, decision_form, reviews_of, submit_item
from compliance.views.stops import tell_remarks, tell_stopped
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def sender_list(request: TenantRequest) -> HttpResponse:
    filters = FilterForm(request.GET)
    senders = Sender.objects.select_related("entity").prefetch_related("registrations")
    if filters.chosen:
        senders = senders.filter(state=filters.chosen)
    context = {"filters": filters, "page": keyset_page(senders, request), **abilities(request)}
    return render_page(request, "compliance/sender_list.html", context, partial="rows")


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def sender_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _detail(request, _sender(pk))


@tenant_page(Permission.MANAGE_COMPLIANCE)
def sender_new(request: TenantRequest) -> HttpResponse:
    return _sender_form(request, None)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def sender_edit(request: TenantRequest, pk: UUID) -> HttpResponse:
    sender = _sender(pk)
    if not sender.is_editable:
        messages.error(request, "A sender in review or decided upon is not changed; add another one instead.")
        return redirect("compliance:sender", pk=pk)
    return _sender_form(request, sender)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def sender_submit(request: TenantRequest, pk: UUID) -> HttpResponse:
    submit_item(request, _sender(pk))
    return redirect("compliance:sender", pk=pk)


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def sender_decide(request: TenantRequest, pk: UUID) -> HttpResponse:
    sender = _sender(pk)
    failed = decide_item(request, sender)
    return _detail(request, sender, decision_form=failed) if failed else redirect("compliance:queue")


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def sender_register(request: TenantRequest, pk: UUID) -> HttpResponse:
    sender = _sender(pk)
    form = SenderRegistrationForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            registered = services.register_sender(
                sender_id=pk,
                country=said["country"],
                registration_id=said["registration_id"],
                told=form.told(),
                tenure=Tenure(said["tenure"]) if said["tenure"] else None,
                actor=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Recorded the registration of {sender} in {said['country']}.")
            tell_remarks(request, registered)
            tell_stopped(request, pk)
            if said["registration_id"].strip() and said["country"] == INDIA:
                for warning in parse_dlt_id(said["registration_id"], IdKind.HEADER).warnings:
                    messages.warning(request, warning)
            return redirect("compliance:sender", pk=pk)
    return _detail(request, sender, registration_form=form)


def _sender(pk: UUID) -> Sender:
    return get_object_or_404(Sender.objects.select_related("entity"), pk=pk)


def _detail(request: TenantRequest, sender: Sender, **sent_back: Form) -> HttpResponse:
    registrations = list(sender.registrations.order_by("country"))
    context: dict[str, Any] = {
        "sender": sender,
        "registrations": registrations,
        "templates": sender.templates.order_by("name", "-version")[:50],
        "events": lifecycle(sender, registrations, reviews_of(sender)),
        "obstacle": sender_readiness(sender),
        "destinations": destinations(sender),
        "decision_form": decision_form(sender),
        "registration_form": SenderRegistrationForm(initial=_standing(registrations)),
        "suffixes": suffixes(sender.kind),
        **abilities(request),
        **sent_back,
    }
    return render_page(request, "compliance/sender_detail.html", context, status=422 if sent_back else 200)


def _standing(registrations: Sequence[SenderRegistration]) -> dict[str, Any]:
    """The word that stands for India, so that recording a new one does not lose the rest."""
    standing = next((each for each in registrations if each.country == INDIA), None)
    own = {"registration_id": standing.registration_id, "tenure": standing.tenure} if standing else {}
    return standing_word(standing) | own


def _sender_form(request: TenantRequest, sender: Sender | None) -> HttpResponse:
    initial = (
        {"header": sender.header, "kind": sender.kind, "entity": sender.entity_id, "purpose": sender.purpose}
        if sender
        else None
    )
    form = SenderForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = _save(request, form, sender)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("compliance:sender", pk=saved.pk)
    context = {"form": form, "sender": sender}
    return render_page(request, "compliance/sender_form.html", context, status=422 if form.errors else 200)


def _save(request: TenantRequest, form: SenderForm, sender: Sender | None) -> Sender:
    said = form.cleaned_data
    kind = SenderKind(said["kind"])
    actor, now = actor_of(request), timezone.now()
    if sender is None:
        saved = services.create_sender(
            header=said["header"], kind=kind, entity_id=said["entity"], purpose=said["purpose"], actor=actor, now=now
        )
    else:
        saved = services.change_sender(
            sender_id=sender.pk,
            header=said["header"],
            kind=kind,
            entity_id=said["entity"],
            purpose=said["purpose"],
            actor=actor,
            now=now,
        )
    typed = parse_header(said["header"], kind, saved.entity.country if saved.entity else INDIA)[1]
    for warning in dict.fromkeys((*typed, *services.header_warnings(saved))):
        messages.warning(request, warning)
    return saved
