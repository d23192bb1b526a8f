"""Forms of the console: a route's terms, the provider's own settings beside them, and the rules of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.forms import BaseFormSet, formset_factory

from kernel.domain.money import MICROS, from_decimal
from kernel.domain.traffic import TrafficClass
from routing.contract import Provider
from routing.models import Plan, Route
from routing.services.plans import RuleDraft
from routing.services.routes import RouteDraft, RouteTerms
from tenants.models import Tenant

SETTINGS_PREFIX: Final = "link"
CHOICES: Final = ("route_1", "route_2", "route_3", "route_4")
KEPT: Final = "Stored and never shown. Leave it empty to keep it."


class RouteForm(forms.Form):
    name = forms.CharField(max_length=64)
    tps = forms.IntegerField(min_value=0, initial=100, label="Parts a second", help_text="Of all binds; 0 is no limit.")
    window = forms.IntegerField(min_value=1, max_value=10_000, initial=10, label="Window", help_text="For each bind.")
    binds = forms.IntegerField(min_value=1, max_value=50, initial=1, label="Binds")
    otp_binds = forms.IntegerField(
        min_value=0, max_value=50, initial=1, label="Binds for passcodes", help_text="On top; 0 shares the others."
    )
    cost = forms.DecimalField(min_value=0, max_digits=12, decimal_places=6, initial=0, label="Cost of a segment")
    currency = forms.CharField(min_length=3, max_length=3, initial="INR")
    validity_cap_hours = forms.IntegerField(
        min_value=1, max_value=2_400, required=False, label="Longest validity in hours", help_text="Empty is no limit."
    )

    def terms(self) -> RouteTerms:
        given = dict(self.cleaned_data)
        given.pop("name")
        cost, currency = given.pop("cost"), given.pop("currency").upper()
        return RouteTerms(**given, cost_micros=from_decimal(cost, currency).micros, currency=currency)


def route_form(route: Route, data: Mapping[str, Any] | None = None) -> RouteForm:
    """The form filled with a route."""
    names = ("name", "tps", "window", "binds", "otp_binds", "currency", "validity_cap_hours")
    initial = {name: getattr(route, name) for name in names}
    return RouteForm(data, initial={**initial, "cost": Decimal(route.cost_micros) / MICROS})


def settings_form(provider: Provider, route: Route | None = None, data: Mapping[str, Any] | None = None) -> forms.Form:
    """The provider's form. Secrets of an existing route are never in it: an empty field keeps what is stored."""
    form = provider.settings_form(data, initial=route.settings if route else None, prefix=SETTINGS_PREFIX)
    if route is not None and route.secrets_encrypted:
        for name in provider.secret_fields:
            form.fields[name].required = False
            form.fields[name].help_text = KEPT
    return form


def route_draft(provider: Provider, route: RouteForm, settings: forms.Form) -> RouteDraft:
    """What two valid forms say, secrets apart."""
    given = settings.cleaned_data
    secrets = {name: given[name] for name in provider.secret_fields if given.get(name)}
    plain = {name: value for name, value in given.items() if name not in provider.secret_fields}
    return RouteDraft(route.cleaned_data["name"], provider.kind, plain, secrets, route.terms())


class RuleForm(forms.Form):
    """One rule; what is left empty matches everything."""

    # Not `prefix`: that is the form's own.
    numbers = forms.CharField(max_length=16, required=False, label="Numbers beginning with")
    traffic_class = forms.TypedChoiceField(
        choices=[("", "Any"), *((int(member), member.label.capitalize()) for member in TrafficClass)],
        coerce=int,
        empty_value=None,
        required=False,
        label="Traffic",
    )
    tenant = forms.ModelChoiceField(
        Tenant.objects.order_by("name"), required=False, empty_label="Any", label="Organisation"
    )
    sender = forms.CharField(max_length=32, required=False, label="Sender")
    route_1 = forms.ModelChoiceField(Route.objects.all(), label="First route", empty_label="Choose")
    route_2 = forms.ModelChoiceField(Route.objects.all(), label="Then", required=False, empty_label="None")
    route_3 = forms.ModelChoiceField(Route.objects.all(), label="Then", required=False, empty_label="None")
    route_4 = forms.ModelChoiceField(Route.objects.all(), label="Then", required=False, empty_label="None")

    def draft(self) -> RuleDraft:
        given = self.cleaned_data
        routes = [given[name].pk for name in CHOICES if given.get(name)]
        tenant_id = given["tenant"].pk if given["tenant"] else None
        return RuleDraft(routes, given["numbers"].lstrip("+"), given["traffic_class"], tenant_id, given["sender"])


RuleFormSet = formset_factory(RuleForm, extra=1, can_order=True, can_delete=True, max_num=200)


def rules_initial(plan: Plan | None) -> list[dict[str, Any]]:
    """The rules of a plan as the formset takes them."""
    if plan is None:
        return []
    rows = []
    for rule in plan.rules.order_by("position").prefetch_related("candidates"):
        routes = sorted(rule.candidates.all(), key=lambda candidate: candidate.position)
        row = {"numbers": rule.prefix, "traffic_class": rule.traffic_class, "tenant": rule.tenant_id}
        chosen = dict(zip(CHOICES, (candidate.route_id for candidate in routes), strict=False))
        rows.append({**row, "sender": rule.sender, **chosen})
    return rows


def rule_drafts(formset: BaseFormSet[RuleForm]) -> list[RuleDraft]:
    """The rules of a valid formset in their order, deleted and empty rows left out."""
    return [form.draft() for form in formset.ordered_forms if form.cleaned_data]
