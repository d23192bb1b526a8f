"""An entity's page with its telemarketers and chains, and a chain's own."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from compliance import services
from compliance.forms import add_refusal
from compliance.identifiers import IdKind, parse_dlt_id
from compliance.models import Chain, Entity, Telemarketer
from compliance.portal_moves import MOVES, Step
from compliance.register_forms import ChainForm, ChainToldForm, StepForm, TelemarketerForm, standing_word
from compliance.statuses import PortalKind, PortalState, TelemarketerRole
from compliance.views.decisions import abilities
from compliance.views.stops import tell_remarks, tell_stopped
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

LABELS = {
    Step.SUBMIT: "Send to the telemarketers",
    Step.ACCEPT: "The next telemarketer accepted",
    Step.APPROVE: "The entity approved",
    Step.REJECT: "Declined",
    Step.SUSPEND: "Suspend",
    Step.RESUME: "Resume",
    Step.BLACKLIST: "Blacklisted",
    Step.END: "Revoke",
}


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def entity_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _entity(request, get_object_or_404(Entity, pk=pk))


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def telemarketer_record(request: TenantRequest, pk: UUID) -> HttpResponse:
    entity = get_object_or_404(Entity, pk=pk)
    form = TelemarketerForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            bound = services.record_telemarketer(
                entity_id=pk,
                telemarketer_id=said["telemarketer_id"],
                name=said["name"],
                role=TelemarketerRole(said["role"]),
                told=form.told(),
                actor=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Recorded {bound}.")
            tell_remarks(request, bound)
            for warning in parse_dlt_id(bound.telemarketer_id, IdKind.TELEMARKETER).warnings:
                messages.warning(request, warning)
            return redirect("compliance:entity", pk=pk)
    return _entity(request, entity, telemarketer_form=form)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def chain_new(request: TenantRequest, pk: UUID) -> HttpResponse:
    entity = get_object_or_404(Entity, pk=pk)
    form = ChainForm(request.POST, entity=entity)
    if form.is_valid():
        try:
            chain = services.create_chain(
                entity_id=pk, telemarketer_ids=form.ids(), actor=actor_of(request), now=timezone.now()
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("compliance:chain", pk=chain.pk)
    return _entity(request, entity, chain_form=form)


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def chain_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _chain(request, _of(pk))


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def chain_move(request: TenantRequest, pk: UUID) -> HttpResponse:
    chain, form = _of(pk), StepForm(request.POST)
    if form.is_valid():
        step = Step(form.cleaned_data["step"])
        try:
            services.move_chain(
                chain_id=pk,
                step=step,
                reason=form.cleaned_data["reason"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            messages.error(request, f"{refusal.detail} {refusal.remedy}")
        else:
            tell_stopped(request, chain.pk)
    return redirect("compliance:chain", pk=pk)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def chain_record(request: TenantRequest, pk: UUID) -> HttpResponse:
    chain, form = _of(pk), ChainToldForm(request.POST)
    if form.is_valid():
        try:
            recorded = services.record_chain(chain_id=pk, told=form.told(), actor=actor_of(request), now=timezone.now())
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            tell_remarks(request, recorded)
            tell_stopped(request, chain.pk)
            return redirect("compliance:chain", pk=pk)
    return _chain(request, chain, form)


def _of(pk: UUID) -> Chain:
    return get_object_or_404(Chain.objects.select_related("entity"), pk=pk)


def _entity(
    request: TenantRequest,
    entity: Entity,
    *,
    telemarketer_form: TelemarketerForm | None = None,
    chain_form: ChainForm | None = None,
) -> HttpResponse:
    context = {
        "entity": entity,
        "senders": entity.senders.order_by("header")[:50],
        "telemarketers": entity.telemarketers.order_by("name", "pk")[:50],
        "chains": entity.chains.order_by("-pk")[:50],
        "telemarketer_form": telemarketer_form or TelemarketerForm(),
        "chain_form": chain_form or ChainForm(entity=entity),
        **abilities(request),
    }
    is_sent_back = telemarketer_form is not None or chain_form is not None
    return render_page(request, "compliance/entity_detail.html", context, status=422 if is_sent_back else 200)


def _chain(request: TenantRequest, chain: Chain, sent_back: ChainToldForm | None = None) -> HttpResponse:
    names = dict(Telemarketer.objects.filter(entity=chain.entity).values_list("telemarketer_id", "name"))
    machine, state = MOVES[PortalKind.CHAIN], PortalState(chain.portal_state)
    # A chain that the portal told of came with all acceptances; only those that began here count them.
    is_round_over = state not in (PortalState.DRAFT, PortalState.AWAITING_TM, PortalState.DECLINED)
    context = {
        "chain": chain,
        "links": [
            {"id": each, "name": names.get(each, ""), "has_accepted": is_round_over or number < chain.accepted_count}
            for number, each in enumerate(chain.telemarketer_ids)
        ],
        "steps": [(step.value, label) for step, label in LABELS.items() if machine.next(state, step)],
        "form": sent_back or ChainToldForm(initial=standing_word(chain)),
        **abilities(request),
    }
    return render_page(request, "compliance/chain_detail.html", context, status=422 if sent_back else 200)
