from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from compliance.rule_forms import CheckForm, RuleLevelsForm
from compliance.rules.catalogue import pipeline
from compliance.rules.checking import Asked, check
from compliance.services.rule_levels import choose_rule_levels, rule_levels
from compliance.views.decisions import abilities
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, actor_of, tenant_page
from tenants.roles import Permission

TONES = {"passed": "ok", "observed": "mute", "warned": "wait", "refused": "bad", "not_applicable": "mute"}


@tenant_page(Permission.MANAGE_COMPLIANCE)
def message_check(request: TenantRequest) -> HttpResponse:
    """The dry run; nothing is written, so it may be repeated."""
    form = CheckForm(request.POST if request.method == "POST" else None)
    checked = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        asked = Asked(said["sender"], said["recipient"], said["text"], said["template_id"].strip() or None)
        checked = check(asked=asked, region=request.tenant.country, now=timezone.now())
    verdicts = [(verdict, TONES[verdict.outcome]) for verdict in checked.verdicts] if checked else []
    context = {"form": form, "checked": checked, "verdicts": verdicts, **abilities(request)}
    return render_page(request, "compliance/check.html", context, status=422 if form.errors else 200)


@tenant_page(Permission.MANAGE_COMPLIANCE)
def rule_list(request: TenantRequest) -> HttpResponse:
    """Every rule in order, and the levels of those that have one to choose."""
    form = RuleLevelsForm(initial=rule_levels())
    context = {"form": form, "rules": list(pipeline()), **abilities(request)}
    return render_page(request, "compliance/rule_list.html", context)


@tenant_page(Permission.REVIEW_COMPLIANCE)
def rule_levels_edit(request: TenantRequest) -> HttpResponse:
    form = RuleLevelsForm(request.POST if request.method == "POST" else None, initial=rule_levels())
    if request.method == "POST" and form.is_valid():
        choose_rule_levels(levels=form.levels, actor=actor_of(request), now=timezone.now())
        messages.success(request, "Messages accepted from now on are judged by these levels.")
        return redirect("compliance:rules")
    return render_page(request, "compliance/rule_levels.html", {"form": form}, status=422 if form.errors else 200)
