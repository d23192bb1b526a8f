from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from compliance import services
from compliance.advice import panel
from compliance.forms import (
    DltRegistrationForm,
    FilterForm,
    MatchForm,
    TemplateForm,
    add_refusal,
    names_of,
)
from compliance.identifiers import INDIA, IdKind, parse_dlt_id
from compliance.lint import lint
from compliance.models import DltRegistration, Template
from compliance.presentation import differences, lifecycle, meaning, pieces, readiness, sample, try_text
from compliance.register_forms import standing_word
from compliance.services.templates import TemplateDraft
from compliance.statuses import Category, PortalCategory, ReviewState
from compliance.views.decisions import abilities, decide_item, decision_form, reviews_of, submit_item
from compliance.views.stops import tell_remarks, tell_stopped
from kernel.domain.errors import DomainError
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def template_list(request: TenantRequest) -> HttpResponse:
    filters = FilterForm(request.GET)
    templates = Template.objects.select_related("sender").prefetch_related("registrations")
    if filters.chosen:
        templates = templates.filter(state=filters.chosen)
    context = {"filters": filters, "page": keyset_page(templates, request), **abilities(request)}
    return render_page(request, "compliance/template_list.html", context, partial="rows")


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def template_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    return _detail(request, _template(pk))


@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_new(request: TenantRequest) -> HttpResponse:
    return _template_form(request, None)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_edit(request: TenantRequest, pk: UUID) -> HttpResponse:
    """A draft is changed; what was decided upon gets a new version. In review, neither."""
    template = _template(pk)
    if template.is_submitted:
        messages.error(request, "It is in review; it can be changed when a reviewer asks for that.")
        return redirect("compliance:template", pk=pk)
    return _template_form(request, template)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_lint(request: TenantRequest) -> HttpResponse:
    """Remarks on a text while it is being written; a fragment."""
    body, category = request.POST.get("body", ""), request.POST.get("category", Category.SERVICE)
    context = panel.of_body(body, category=category, field_id="id_body")
    return render(request, "compliance/template_form.html#hints", context)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_submit(request: TenantRequest, pk: UUID) -> HttpResponse:
    submit_item(request, _template(pk))
    return redirect("compliance:template", pk=pk)


@require_POST
@tenant_page(Permission.REVIEW_COMPLIANCE)
def template_decide(request: TenantRequest, pk: UUID) -> HttpResponse:
    template = _template(pk)
    failed = decide_item(request, template)
    return _detail(request, template, decision_form=failed) if failed else redirect("compliance:queue")


@require_POST
@tenant_page(Permission.VIEW_CAMPAIGNS)
def template_test(request: TenantRequest, pk: UUID) -> HttpResponse:
    """The match test box; a fragment for htmx, the whole page without."""
    template = _template(pk)
    form = MatchForm(request.POST)
    result = try_text(template, form.cleaned_data["text"]) if form.is_valid() else None
    if request.htmx:
        status = 422 if form.errors else 200
        context = {"template": template, "match_form": form, "result": result}
        return render(request, "compliance/match_test.html", context, status=status)
    return _detail(request, template, result, match_form=form)


@require_POST
@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_register(request: TenantRequest, pk: UUID) -> HttpResponse:
    template = _template(pk)
    form = DltRegistrationForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            registered = services.register_template(
                template_id=pk,
                country=said["country"],
                dlt_template_id=said["dlt_template_id"],
                header=said["header"] or None,
                told=form.told(),
                dlt_consent_id=said["dlt_consent_id"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Recorded the registration of {template} in {said['country']}.")
            tell_remarks(request, registered)
            tell_stopped(request, pk)
            for warning in parse_dlt_id(said["dlt_template_id"], IdKind.TEMPLATE).warnings:
                messages.warning(request, warning)
            return redirect("compliance:template", pk=pk)
    return _detail(request, template, registration_form=form)


def _template(pk: UUID) -> Template:
    return get_object_or_404(Template.objects.select_related("sender"), pk=pk)


def _detail(request: TenantRequest, template: Template, result: Any = None, **sent_back: Form) -> HttpResponse:
    registrations = list(template.registrations.order_by("country"))
    versions = list(Template.objects.filter(name=template.name).order_by("-version").defer("variables"))
    earlier = next((v for v in versions if v.version < template.version and v.state == ReviewState.APPROVED), None)
    context: dict[str, Any] = {
        "template": template,
        "registrations": registrations,
        "versions": versions,
        "earlier": earlier,
        "changes": differences(earlier.body, template.body) if earlier else [],
        "pieces": pieces(template.body),
        "variables": meaning(template),
        "sample": sample(template),
        "hints": lint(template.body, template.category),
        "events": lifecycle(template, registrations, reviews_of(template)),
        "obstacle": readiness(template),
        "result": result,
        "decision_form": decision_form(template),
        "registration_form": DltRegistrationForm(initial=_standing(registrations)),
        "match_form": MatchForm(),
        **abilities(request),
        **sent_back,
    }
    status = 422 if any(form.errors for form in sent_back.values()) else 200
    return render_page(request, "compliance/template_detail.html", context, status=status)


def _template_form(request: TenantRequest, template: Template | None) -> HttpResponse:
    # The doctor's proposal comes by POST, for it may be too long for an address; it is not saved yet.
    is_prefilled = template is None and "prefill" in request.POST
    origin = request.POST if is_prefilled else request.GET
    asked = {name: origin[name] for name in ("sender", "category", "body") if name in origin}
    is_sent = request.method == "POST" and not is_prefilled
    initial = asked if template is None else _initial(template)
    form = TemplateForm(request.POST if is_sent else None, initial=initial, is_named=template is None)
    if is_sent and form.is_valid():
        try:
            saved = _save(request, form, template)
        except DomainError as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("compliance:template", pk=saved.pk)
    body = form["body"].value() or ""
    context = {
        "form": form,
        "template": template,
        **panel.of_body(body, category=form["category"].value() or Category.SERVICE, field_id="id_body"),
        "is_new_version": template is not None and not template.is_editable,
    }
    return render_page(request, "compliance/template_form.html", context, status=422 if form.errors else 200)


def _standing(registrations: Sequence[DltRegistration]) -> dict[str, Any]:
    """The word that stands for India, so that recording a new one does not lose the rest."""
    standing = next((each for each in registrations if each.country == INDIA), None)
    names = ("dlt_template_id", "header", "dlt_consent_id")
    return standing_word(standing) | ({name: getattr(standing, name) for name in names} if standing else {})


def _initial(template: Template) -> dict[str, object]:
    return {
        "sender": template.sender_id,
        "category": template.category,
        "is_otp": template.is_otp,
        "topic": template.topic,
        "category_raw": template.category_raw,
        "body": template.body,
        "variable_names": names_of(template),
    }


def _save(request: TenantRequest, form: TemplateForm, template: Template | None) -> Template:
    said = form.cleaned_data
    draft = TemplateDraft(
        said["body"],
        said["sender"],
        Category(said["category"]),
        said["is_otp"],
        said["variables"],
        said["topic"],
        PortalCategory(said["category_raw"]),
    )
    actor, now = actor_of(request), timezone.now()
    if template is None:
        return services.create_template(name=said["name"], draft=draft, actor=actor, now=now)
    if template.is_editable:
        return services.change_template(template_id=template.pk, draft=draft, actor=actor, now=now)
    return services.create_version(template_id=template.pk, draft=draft, actor=actor, now=now)
