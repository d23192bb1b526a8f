from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from compliance.rule_forms import CheckForm, RuleLevelsForm
from compliance.rules.catalogue import adjustable, pipeline
from compliance.rules.checking import Asked, check
from compliance.rules.versions import current_decisions
from compliance.services.objections import objections, objections_by_template
from compliance.services.rule_levels import choose_rule_levels, rule_levels
from compliance.views.decisions import abilities
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

_ID_MAX = 64
TONES = {"passed": "ok", "observed": "mute", "warned": "wait", "refused": "bad", "not_applicable": "mute"}


@tenant_page(Permission.MANAGE_COMPLIANCE)
def message_check(request: TenantRequest) -> HttpResponse:
    """The dry run; nothing is written, so it may be repeated."""
    given = request.POST if request.method == "POST" else request.GET
    template_id = given.get("template_id", "").strip()[:_ID_MAX] or None
    variables = _variables(template_id)
    if request.method == "POST":
        form = CheckForm(request.POST, variables=variables)
    else:
        # A template was chosen: what stands in the form already goes on standing there.
        form = CheckForm(initial=dict(request.GET.items()), variables=variables)
    checked = None
    if request.method == "POST" and form.is_valid():
        text, values = form.said
        asked = Asked(form.cleaned_data["sender"], form.cleaned_data["recipient"], text, template_id, values)
        checked = check(asked=asked, region=request.tenant.country, now=timezone.now())
    verdicts = [(verdict, TONES[verdict.outcome]) for verdict in checked.verdicts] if checked else []
    context = {"form": form, "checked": checked, "verdicts": verdicts, **abilities(request)}
    status = 422 if form.errors else 200
    partial = "content" if "template_id" in request.GET else None
    return render_page(request, "compliance/check.html", context, partial=partial, status=status)


def _variables(template_id: str | None) -> list[str] | None:
    template = current_decisions(timezone.now())[1].facts.template(template_id) if template_id else None
    return [variable.name for variable in template.variables] if template else None


@tenant_page(Permission.MANAGE_COMPLIANCE)
def rule_list(request: TenantRequest) -> HttpResponse:
    """Every rule in order, and the levels of those that have one to choose."""
    form, counted = RuleLevelsForm(initial=rule_levels()), objections(now=timezone.now())
    rules = [(each, counted[each.about.key]) for each in pipeline()]
    context = {"form": form, "rules": rules, **abilities(request)}
    return render_page(request, "compliance/rule_list.html", context)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def rule_detail(request: TenantRequest) -> HttpResponse:
    """The templates whose messages one rule of style, named by `rule`, objected to and let pass."""
    key = request.GET.get("rule")
    if key is None:
        return redirect("compliance:rules")
    about = adjustable().get(key)
    if about is None:
        raise Http404
    counts = objections_by_template(key=key, now=timezone.now())
    return render_page(request, "compliance/rule_detail.html", {"about": about, "counts": counts})


@tenant_page(Permission.REVIEW_COMPLIANCE)
def rule_levels_edit(request: TenantRequest) -> HttpResponse:
    form = RuleLevelsForm(request.POST if request.method == "POST" else None, initial=rule_levels())
    if request.method == "POST" and form.is_valid():
        choose_rule_levels(levels=form.levels, actor=actor_of(request), now=timezone.now())
        messages.success(request, "Messages accepted from now on are judged by these levels.")
        return redirect("compliance:rules")
    counted = objections(now=timezone.now())
    fields = [(field, counted[field.name]) for field in form]
    context = {"form": form, "fields": fields}
    return render_page(request, "compliance/rule_levels.html", context, status=422 if form.errors else 200)
