"""Pages of messages: the list, the journey of one, and one written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import phonenumbers
from django.contrib import messages as notices
from django.core import signing
from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.errors import NoWallet
from billing.prices import Quote, tenant_book
from compliance.advice import panel
from compliance.models import Template
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass
from kernel.telecom.numbers import NumberRefused, normalise
from kernel.web.htmx import render_page
from kernel.web.templatetags.ui import look
from messaging import queries
from messaging.drafts import Draft, Outcome, Refusal
from messaging.forms import OUTCOME_LABELS, MessageFilter, SendForm, TemplateChoice
from messaging.journeys import Step, StepKind, Trace, trace
from messaging.models import Batch, Message
from messaging.services.accept import accept
from messaging.statuses import FINAL_FROM, Source, Status
from tenants.access import TenantRequest, tenant_page
from tenants.roles import Permission

TICKET_SALT: Final = "messaging.send"
TICKET_LIFE_S: Final = 12 * 3600
STEP_ICONS: Final = {StepKind.BATCHED: "list", StepKind.MOVED: "route", StepKind.RECEIPT: "inbox"}


@require_GET
@tenant_page(Permission.VIEW_MESSAGES)
def message_list(request: TenantRequest) -> HttpResponse:
    form = MessageFilter(request.GET, tenant=request.tenant)
    page = queries.find(form.filter(), before=request.GET.get("before"), after=request.GET.get("after"))
    current = queries.current_statuses(page.rows)
    context = {
        "form": form,
        "chips": _chips(request, form),
        "rows": [(message, current[message.id].label, TrafficClass(message.traffic_class)) for message in page.rows],
        "newer_url": _with(request, after=page.newer) if page.newer else None,
        "older_url": _with(request, before=page.older) if page.older else None,
        "is_filtered": any(request.GET.get(name) for name in form.fields),
        **_abilities(request),
    }
    return render_page(request, "messages/message_list.html", context, partial="rows")


@require_GET
@tenant_page(Permission.VIEW_MESSAGES)
def message_detail(request: TenantRequest, message_id: UUID) -> HttpResponse:
    try:
        found = trace(message_id)
    except Message.DoesNotExist:
        raise Http404("no such message") from None
    context = {
        "trace": found,
        "message": found.message,
        "status": found.status.label,
        "is_final": found.message.status >= FINAL_FROM,
        "traffic_class": TrafficClass(found.message.traffic_class),
        "source": Source(found.message.source).label,
        "events": [_shown(step) for step in found.steps],
        "explains": _explains(found),
        **_abilities(request),
    }
    return render_page(request, "messages/message_detail.html", context, partial="journey")


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.SEND_MESSAGES)
def message_new(request: TenantRequest) -> HttpResponseBase:
    data = request.POST if request.method == "POST" else request.GET
    choice = TemplateChoice(data if data.get("template") else None)
    template = choice.chosen()
    if template is None:
        return render_page(request, "messages/message_new.html", {"template": None})
    if request.method != "POST":
        form = SendForm(template=template, initial={"recipient": request.GET.get("recipient", "")})
        return _composer(request, template, form)
    if not choice.is_valid():
        # Another text than the one that was meant must not go out in its place.
        notices.error(request, "Nothing was sent: the template is not approved, or not there any more. Choose another.")
        return redirect("messaging:message-new")
    form = SendForm(request.POST, template=template)
    if not form.is_valid():
        return _composer(request, template, form, status=422)
    return _send(request, template, form)


@require_POST
@tenant_page(Permission.SEND_MESSAGES)
def message_advice(request: TenantRequest) -> HttpResponse:
    """What the optimiser says about the message as it is now; a fragment, nothing is kept."""
    template = TemplateChoice(request.POST).chosen()
    if template is None:
        return render(request, "messages/message_new.html#advice")
    form = SendForm(request.POST, template=template)
    quote = _quote(str(form["recipient"].value() or ""), template, request.tenant.country)
    return render(request, "messages/message_new.html#advice", _advice(form, quote, request.tenant.currency))


def _advice(form: SendForm, quote: Quote | None, currency: str) -> dict[str, Any]:
    values = {field.id_for_label: str(field.value() or "") for field in form.value_fields}
    price = quote.unit_micros if quote else None
    compiled, category = form.template.compiled, form.template.category
    return panel.of_filled(compiled, category=category, values=values, price_micros=price, currency=currency)


def _send(request: TenantRequest, template: Template, form: SendForm) -> HttpResponseBase:
    message_id = _ticketed(request.POST.get("ticket", ""))
    try:
        outcome = _accept_one(template, form, message_id)
    except IntegrityError:
        # The same form, sent again: its message is there already.
        return redirect("messaging:message", message_id)
    except DomainError as refused:
        return _composer(request, template, form, Refusal(refused.code, refused.detail, refused.remedy), status=422)
    if outcome.refusal is not None:
        return _composer(request, template, form, outcome.refusal, outcome.id, status=422)
    notices.success(request, "The message is accepted.")
    return HttpResponseRedirect(reverse("messaging:message", args=[outcome.id]))


def _accept_one(template: Template, form: SendForm, message_id: UUID) -> Outcome:
    draft = Draft(
        recipient=form.cleaned_data["recipient"],
        sender=template.sender.header,
        template_id=template.id,
        variables=form.values(),
        message_id=message_id,
    )
    return accept(drafts=[draft], source=Source.BROWSER, now=utc_now())[0]


def _composer(
    request: TenantRequest,
    template: Template,
    form: SendForm,
    refusal: Refusal | None = None,
    refused_id: UUID | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    recipient = str(form["recipient"].value() or "")
    quote = _quote(recipient, template, request.tenant.country)
    context = {
        "template": template,
        "choice": TemplateChoice(initial={"template": template.pk}),
        "form": form,
        "refusal": refusal,
        "refused_id": refused_id,
        "quote": quote,
        **_advice(form, quote, request.tenant.currency),
        "currency": request.tenant.currency,
        # Names the message before it exists, so that a repeated form makes no second one.
        "ticket": signing.dumps(str(uuid7()), salt=TICKET_SALT),
    }
    partial = "price" if request.GET.get("part") == "price" else "composer"
    return render_page(request, "messages/message_new.html", context, partial=partial, status=status)


def _ticketed(ticket: str) -> UUID:
    """The id that the form was given; a fresh one for a form that is too old or not ours."""
    try:
        return UUID(signing.loads(ticket, salt=TICKET_SALT, max_age=TICKET_LIFE_S))
    except signing.BadSignature:
        return uuid7()


def _quote(recipient: str, template: Template, country: str) -> Quote | None:
    """The price of a segment to this number, or at home while there is none."""
    number = normalise(recipient, country) if recipient else None
    at_home = f"+{phonenumbers.country_code_for_region(country)}"
    try:
        book = tenant_book(utc_now())
    except NoWallet:
        return None
    return book.quote(
        at_home if number is None or isinstance(number, NumberRefused) else number, template.traffic_class
    )


def _abilities(request: TenantRequest) -> dict[str, bool]:
    return {
        "may_reveal": Permission.REVEAL_NUMBERS in request.permissions,
        "may_send": Permission.SEND_MESSAGES in request.permissions,
        "may_view_money": Permission.VIEW_MONEY in request.permissions,
    }


def _chips(request: TenantRequest, form: MessageFilter) -> list[dict[str, str]]:
    """The filters in force, each with the address without it; only readable ones are."""
    given = form.cleaned_data
    labels: dict[str, str | None] = {
        "q": f"Number: {given['q']}" if given.get("q") else None,
        "outcome": OUTCOME_LABELS[given["outcome"]] if given.get("outcome") else None,
        "traffic_class": f"Class: {given['traffic_class']}" if given.get("traffic_class") else None,
        "since": f"From {given['since']:%d %b %Y}" if given.get("since") else None,
        "until": f"Until {given['until']:%d %b %Y}" if given.get("until") else None,
        "campaign": _campaign_label(given["campaign"]) if given.get("campaign") else None,
        "code": f"Reason: {given['code']}" if given.get("code") else None,
        "start": _instant_label("From", given.get("start")),
        "end": _instant_label("Before", given.get("end")),
    }
    return [{"label": label, "url": _with(request, **{name: None})} for name, label in labels.items() if label]


def _instant_label(word: str, at: datetime | None) -> str | None:
    return f"{word} {localtime(at):%d %b %Y %H:%M}" if at else None


def _campaign_label(campaign_id: UUID) -> str:
    label = Batch.objects.filter(campaign_id=campaign_id).values_list("campaign_label", flat=True).first()
    return f"Campaign: {label or campaign_id}"


def _with(request: HttpRequest, **changes: str | None) -> str:
    query = request.GET.copy()
    for name in ("before", "after", *changes):
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


def _shown(step: Step) -> Mapping[str, Any]:
    """A step as the timeline component takes it."""
    as_state = look(step.status.label) if step.status is not None else None
    icon = STEP_ICONS.get(step.kind) or (as_state.icon if as_state else "circle")
    return {
        "at": step.at,
        "label": step.label,
        "detail": step.detail,
        "tone": as_state.tone if as_state else "mute",
        "icon": icon,
    }


def _explains(found: Trace) -> dict[str, str] | None:
    """The error card of a message that did not arrive."""
    if found.explanation is None:
        return None
    tone = "wait" if found.status in {Status.UNKNOWN, Status.CANCELLED} else "bad"
    if found.status < FINAL_FROM or found.status is Status.DELIVERED:
        return None
    title = f"{found.status.label.capitalize()}: {found.explanation.sentence}"
    return {"title": title, "remedy": found.explanation.remedy, "code": found.explanation.code, "tone": tone}
