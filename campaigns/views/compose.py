"""A campaign in four steps; every step keeps what was entered, and the draft may be left and taken up at any time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import Wallet
from campaigns.errors import Incomplete
from campaigns.forms import AudienceForm, ScheduleForm, TemplateChoiceForm, VariablesForm, add_refusal
from campaigns.models import Campaign, ContactList
from campaigns.presentation import columns_of, steps
from campaigns.services import composing, estimates
from campaigns.services.audience import audience_size, list_ids_of
from campaigns.services.hygiene import scores_of
from campaigns.services.scheduling import instant_of, zone_of
from campaigns.tasks import count_cost
from campaigns.views.previews import preview_of, warnings_of
from campaigns.waking import after_commit
from compliance.models import Template
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_new(request: TenantRequest) -> HttpResponse:
    return _audience(request, None)


@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_audience(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _audience(request, get_object_or_404(Campaign, pk=pk))


def _audience(request: TenantRequest, campaign: Campaign | None) -> HttpResponse:
    if campaign is not None and not campaign.is_editable:
        return _not_editable(request, campaign)
    initial = {"name": campaign.name, "lists": list_ids_of(campaign)} if campaign else {}
    form = AudienceForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        name, chosen = form.cleaned_data["name"], form.cleaned_data["lists"]
        try:
            if not audience_size(chosen):
                raise Incomplete("audience", "There is nobody on the lists you chose.", "Choose a list with people.")
            if campaign is None:
                now, zone = timezone.now(), request.tenant.timezone
                campaign = composing.create_campaign(name=name, zone=zone, actor=actor_of(request), now=now)
            composing.set_audience(campaign_id=campaign.pk, name=name, list_ids=chosen)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("campaigns:campaign-message", pk=campaign.pk)
    has_lists = ContactList.objects.exists()
    context = {"form": form, "campaign": campaign, "steps": steps(campaign, "audience"), "has_lists": has_lists}
    return render_page(request, "campaigns/step_audience.html", context, status=422 if form.errors else 200)


@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_message(request: TenantRequest, pk: UUID) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    if not campaign.is_editable:
        return _not_editable(request, campaign)
    data = request.POST if request.method == "POST" else request.GET
    chosen = data.get("template") or str(campaign.template_id or "")
    chooser = TemplateChoiceForm({"template": chosen} if chosen else None)
    template = _template(chooser)
    form = _variables(request, campaign, template)
    if request.method == "POST" and form is not None and template is not None and form.is_valid():
        try:
            composing.set_message(campaign_id=pk, template_id=template.pk, mapping=form.mapping)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("campaigns:campaign-schedule", pk=pk)
    context: dict[str, Any] = {"campaign": campaign, "chooser": chooser, "template": template, "form": form}
    context["steps"] = steps(campaign, "message")
    if form is not None and template is not None:
        context |= preview_of(campaign, template, form.current, timezone.now())
    is_refused = request.method == "POST" and (form is None or bool(form.errors))
    return render_page(
        request, "campaigns/step_message.html", context, partial="work", status=422 if is_refused else 200
    )


@require_POST
@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_preview(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The message as real people would get it with what the form says now; a fragment, nothing is kept."""
    campaign = get_object_or_404(Campaign, pk=pk)
    template = _template(TemplateChoiceForm(request.POST))
    form = _variables(request, campaign, template)
    if form is None or template is None:
        return HttpResponse(status=204)
    context = preview_of(campaign, template, form.current, timezone.now())
    return render(request, "campaigns/preview.html", {"campaign": campaign, "template": template, **context})


@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_schedule(request: TenantRequest, pk: UUID) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    if not campaign.is_editable:
        return _not_editable(request, campaign)
    form = ScheduleForm(request.POST if request.method == "POST" else None, initial=_schedule_initial(campaign))
    if request.method == "POST" and form.is_valid():
        try:
            schedule = _schedule_of(form.cleaned_data)
            composing.set_schedule(campaign_id=pk, schedule=schedule, now=timezone.now())
        except DomainError as refusal:
            is_twofold = refusal.code == "time_ambiguous"
            field = "not_after" if refusal.code == "not_after_too_early" else "occurrence" if is_twofold else "local"
            form.add_error(field, f"{refusal.detail} {refusal.remedy}")
        else:
            return redirect("campaigns:campaign-check", pk=pk)
    context = {"campaign": campaign, "form": form, "steps": steps(campaign, "schedule")}
    context["asks_occurrence"] = "occurrence" in form.errors or bool(form["occurrence"].value())
    return render_page(request, "campaigns/step_schedule.html", context, status=422 if form.errors else 200)


@require_GET
@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_check(request: TenantRequest, pk: UUID) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("template__sender"), pk=pk)
    if not campaign.is_editable:
        return _not_editable(request, campaign)
    return _check(request, campaign)


@require_GET
@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_cost(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The polled part of the check while a worker counts."""
    campaign = get_object_or_404(Campaign.objects.select_related("template__sender"), pk=pk)
    return render(request, "campaigns/cost.html", {"campaign": campaign, **_cost(campaign)})


@require_POST
@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_launch(request: TenantRequest, pk: UUID) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("template__sender"), pk=pk)
    try:
        composing.launch(campaign_id=pk, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        if not campaign.is_editable:
            messages.error(request, f"{refusal.detail} {refusal.remedy}")
            return redirect("campaigns:campaign", pk=pk)
        return _check(request, campaign, refusal)
    return redirect("campaigns:campaign", pk=pk)


def _check(request: TenantRequest, campaign: Campaign, refusal: DomainError | None = None) -> HttpResponse:
    lists = ContactList.objects.filter(pk__in=list_ids_of(campaign)).order_by("name")
    scores = scores_of([each.pk for each in lists])
    context: dict[str, Any] = {
        "campaign": campaign,
        "steps": steps(campaign, "check"),
        "refusal": refusal,
        "lists": lists,
        "scores": [(each, scores.get(each.pk)) for each in lists],
        **_cost(campaign),
    }
    if campaign.template is not None:
        context |= preview_of(campaign, campaign.template, campaign.mapping, timezone.now(), is_priced=False)
    return render_page(request, "campaigns/step_check.html", context, status=422 if refusal else 200)


def _cost(campaign: Campaign) -> dict[str, Any]:
    """The exact cost, or a sample's while a worker counts."""
    filling = estimates.filling_of(campaign)
    if filling is None:
        return {"estimate": None}
    estimate = estimates.exact_count(campaign)
    is_counting = False
    if estimate is None:
        estimate = estimates.estimate_now(list_ids=list_ids_of(campaign), filling=filling, now=timezone.now())
        is_counting = not estimate.is_exact
        if is_counting and campaign.estimate is None:
            token = estimates.request_count(campaign_id=campaign.pk)
            after_commit(count_cost, campaign.tenant_id, campaign.pk, token)
    wallet = Wallet.objects.get()
    return {
        "estimate": estimate,
        "is_counting": is_counting,
        "currency": wallet.currency,
        "available_micros": wallet.available_micros,
        "missing_micros": max(estimate.likely_micros - wallet.available_micros, 0),
        "warnings": warnings_of(estimate),
    }


def _template(chooser: TemplateChoiceForm) -> Template | None:
    if not chooser.is_bound or not chooser.is_valid():
        return None
    return Template.objects.usable().select_related("sender").filter(pk=chooser.cleaned_data["template"]).first()


def _variables(request: TenantRequest, campaign: Campaign, template: Template | None) -> VariablesForm | None:
    if template is None:
        return None
    lists = ContactList.objects.filter(pk__in=list_ids_of(campaign)).order_by("name")
    columns = columns_of(list(lists.values_list("columns", flat=True)))
    mapping = campaign.mapping if campaign.template_id == template.pk else ()
    data = request.POST if request.method == "POST" else None
    return VariablesForm(data, template=template, columns=columns, mapping=mapping)


def _schedule_initial(campaign: Campaign) -> dict[str, Any]:
    zone = campaign.zone_info
    return {
        "when": "now" if campaign.is_immediate else "later",
        "local": campaign.send_at.astimezone(zone).replace(tzinfo=None) if campaign.send_at else None,
        "not_after": campaign.not_after.astimezone(zone).replace(tzinfo=None) if campaign.not_after else None,
        "zone": campaign.zone,
    }


def _schedule_of(said: dict[str, Any]) -> composing.Schedule:
    zone = zone_of(said["zone"])
    not_after: datetime | None = None
    if said["not_after"]:
        not_after = instant_of(local=said["not_after"], zone=zone, occurrence=said["occurrence"] or "second")
    send_at = None
    if said["when"] == "later":
        send_at = instant_of(local=said["local"], zone=zone, occurrence=said["occurrence"]).astimezone(UTC)
    return composing.Schedule(send_at, not_after, said["zone"])


def _not_editable(request: TenantRequest, campaign: Campaign) -> HttpResponse:
    messages.info(request, "It is not a draft any more; what can still be done is on its page.")
    return redirect("campaigns:campaign", pk=campaign.pk)
