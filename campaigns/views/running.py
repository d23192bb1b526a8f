"""Campaigns as they are: the list, one's page with its live part, the people behind every figure, and the levers."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import Wallet
from campaigns.forms import CampaignFilter
from campaigns.models import Campaign, ContactList, Run
from campaigns.presentation import bar, failures, timeline, unwritten_people
from campaigns.progress import pace_of, progress_of
from campaigns.services import control
from campaigns.services.audience import audience_size, list_ids_of
from campaigns.statuses import STARTED, CampaignState, ChunkState
from campaigns.tasks import cancel_rest, look_after
from campaigns.waiting_hours import waiting_for_hours
from campaigns.waking import after_commit
from campaigns.why import why
from kernel.domain.errors import DomainError
from kernel.telecom.numbers import NumberRefused, normalise
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from messaging.queries import current_statuses, messages_of
from messaging.statuses import Term
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

ACTIONS: Final = {
    "pause": (control.pause, "Paused: what no operator has yet is kept back."),
    "resume": (control.resume, "Resumed."),
    "withdraw": (control.withdraw, "It is a draft again."),
    "cancel": (control.cancel, "Cancelled. What operators have already will still be accounted for."),
}


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def campaign_list(request: TenantRequest) -> HttpResponse:
    filters = CampaignFilter(request.GET)
    campaigns = Campaign.objects.select_related("template__sender").defer("mapping", "estimate", "template__body")
    if filters.chosen:
        campaigns = campaigns.in_state(filters.chosen)
    last_run = Run.objects.filter(campaign=OuterRef("pk")).order_by("-number").values("progress")[:1]
    page = keyset_page(campaigns.annotate(figures=Subquery(last_run)), request)
    context = {"filters": filters, "page": page, **_abilities(request)}
    return render_page(request, "campaigns/campaign_list.html", context, partial="rows")


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def campaign_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    campaign = get_object_or_404(Campaign.objects.select_related("template__sender"), pk=pk)
    list_ids = list_ids_of(campaign)
    context: dict[str, Any] = {
        "campaign": campaign,
        "lists": ContactList.objects.filter(pk__in=list_ids).order_by("name"),
        "events": timeline(campaign),
        **_abilities(request),
        **_live(request, campaign),
    }
    if context["progress"] is None:
        context["people"] = audience_size(list_ids)
    return render_page(request, "campaigns/campaign_detail.html", context)


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def campaign_live(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The polled part. When the state has changed, state, buttons and timeline come with it and take their places."""
    campaign = get_object_or_404(Campaign, pk=pk)
    context: dict[str, Any] = {"campaign": campaign, **_live(request, campaign)}
    if request.GET.get("state") != campaign.state:
        context |= {"is_moved": True, "events": timeline(campaign), **_abilities(request)}
    return render(request, "campaigns/live_response.html", context)


def _live(request: TenantRequest, campaign: Campaign) -> dict[str, Any]:
    run = Run.objects.filter(campaign=campaign).order_by("-number").first()
    is_waiting = campaign.state in {CampaignState.SCHEDULED, CampaignState.PREPARING}
    if run is None:
        return {"progress": None, "is_live": is_waiting}
    now = timezone.now()
    progress = progress_of(campaign, run)
    may_list = Permission.VIEW_MESSAGES in request.permissions
    return {
        "progress": progress,
        "terms": bar(campaign, progress, is_linked=may_list),
        "pace": pace_of(campaign, progress, now),
        "waiting": waiting_for_hours(campaign.id, now=now),
        "failures": failures(campaign),
        "currency": Wallet.objects.values_list("currency", flat=True).first() or "INR",
        "may_list": may_list,
        # Figures may still change until the campaign is settled; a finished one only by late receipts.
        "is_live": campaign.finished_at is None,
    }


@require_GET
@tenant_page(Permission.VIEW_MESSAGES)
def campaign_messages(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The people behind one term of the bar, and behind the ones that have no message row."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        term = Term(request.GET.get("term", Term.DELIVERED))
    except ValueError:
        raise Http404("no such term") from None
    run = Run.objects.filter(campaign=campaign).order_by("-number").first()
    page = messages_of(campaign.id, term, before=request.GET.get("before"), after=request.GET.get("after"))
    statuses = current_statuses(page.rows)
    context: dict[str, Any] = {
        "campaign": campaign,
        "term": term,
        "terms": list(Term),
        "rows": [(message, statuses[message.id].label) for message in page.rows],
        "older_url": f"?term={term}&before={page.older}" if page.older else None,
        "newer_url": f"?term={term}&after={page.newer}" if page.newer else None,
    }
    without_row = {Term.WAITING: ChunkState.PENDING, Term.CANCELLED: ChunkState.CANCELLED}.get(term)
    if run is not None and without_row is not None:
        start = request.GET.get("from", "0")
        context["unwritten"] = unwritten_people(run, without_row, int(start) if start.isdecimal() else 0)
    return render_page(request, "campaigns/campaign_messages.html", context)


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def campaign_why(request: TenantRequest, pk: UUID) -> HttpResponse:
    """What became of one number; a fragment for htmx, a page without."""
    campaign = get_object_or_404(Campaign, pk=pk)
    asked = normalise(request.GET.get("number", ""), request.tenant.country)
    context: dict[str, Any] = {"campaign": campaign, "may_list": Permission.VIEW_MESSAGES in request.permissions}
    if isinstance(asked, NumberRefused):
        context["refusal"] = asked
    else:
        context |= {"number": asked, "answer": why(campaign, asked)}
    return render_page(request, "campaigns/campaign_why.html", context, partial="answer")


@require_POST
@tenant_page(Permission.MANAGE_CAMPAIGNS)
def campaign_act(request: TenantRequest, pk: UUID, verb: str) -> HttpResponse:
    """Pause, resume, withdraw or cancel; the page says what each of them does before it is done."""
    if verb not in ACTIONS:
        raise Http404("no such action")
    campaign = get_object_or_404(Campaign, pk=pk)
    act, done = ACTIONS[verb]
    try:
        act(campaign_id=pk, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{refusal.detail} {refusal.remedy}")
    else:
        messages.success(request, done)
        if verb == "resume":
            after_commit(look_after, campaign.tenant_id, pk)
        elif verb == "cancel" and campaign.state in STARTED:
            after_commit(cancel_rest, campaign.tenant_id, pk)
    return redirect("campaigns:campaign", pk=pk)


def _abilities(request: TenantRequest) -> dict[str, bool]:
    return {"may_manage": Permission.MANAGE_CAMPAIGNS in request.permissions}
