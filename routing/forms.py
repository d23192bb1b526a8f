"""Forms of the console: a route's terms, the provider's own settings beside them, and the rules of the plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Protocol, runtime_checkable
from uuid import UUID

from django import forms
from django.forms import BaseFormSet, formset_factory

from kernel.domain.clock import utc_now
from kernel.domain.money import MICROS, from_decimal
from kernel.domain.traffic import TrafficClass
from routing.contract import Provider
from routing.errors import RouteConfigProblem, SecretsUnreadable
from routing.models import Route
from routing.plan import RuleDraft
from routing.secrets import unseal
from routing.services.plans import MAX_WEIGHT
from routing.services.routes import Change, RouteDraft, RouteTerms, refuse_unshareable
from routing.services.usable import OTP_PATIENCE_S, PATIENCE_S
from routing.strategies import Strategy
from tenants.access import TenantRequest, actor_of
from tenants.models import Tenant

SETTINGS_PREFIX: Final = "link"
# Routes of a rule with their weights, in the order they are tried.
CHOICES: Final = tuple((f"route_{number}", f"weight_{number}") for number in range(1, 5))
COST_LINE: Final = re.compile(r"\+?(?P<prefix>[0-9]{1,15})[ \t:=,;]+(?P<cost>[0-9]{1,6}(?:\.[0-9]{1,6})?)")
Choice = tuple[str, str]
KEPT: Final = "Stored and never shown. Leave it empty to keep it."


@runtime_checkable
class AsksWhatIsStored(Protocol):
    """A provider's form that needs to know which secrets an empty field keeps."""

    stored_secrets: Collection[str]


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields of a form under one heading. Folded: what most routes leave alone; then `is_open` where they did not."""

    heading: str
    fields: Sequence[forms.BoundField]
    is_folded: bool
    is_open: bool


def field_groups(form: forms.Form) -> list[FieldGroup]:
    """The fields as the form's `groups` (heading, names) order them, those it does not name behind them.

    Headings in its `folded` are for details. A form without either is one group.
    """
    given = tuple(getattr(form, "groups", ()))
    named = {name for _, names in given for name in names}
    rest = tuple(name for name in form.fields if name not in named)
    groups = [*given, ("More" if given else "", rest)] if rest else given
    return [_field_group(form, heading, [name for name in names if name in form.fields]) for heading, names in groups]


def _field_group(form: forms.Form, heading: str, names: Sequence[str]) -> FieldGroup:
    is_folded = heading in getattr(form, "folded", ())
    fields = [form[name] for name in names]
    usual = {name: form.fields[name].initial for name in names}
    is_open = any(field.errors or (field.value() or "") != (usual[field.name] or "") for field in fields)
    return FieldGroup(heading, fields, is_folded, is_folded and is_open)


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
    costs = forms.CharField(
        required=False,
        max_length=50_000,
        label="Costs by destination",
        help_text="One a line: first digits of the number, then the cost of a segment, such as 9198 0.12.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "translate": "no"}),
    )
    validity_cap_hours = forms.IntegerField(
        min_value=1, max_value=2_400, required=False, label="Longest validity in hours", help_text="Empty is no limit."
    )
    patience_s = forms.IntegerField(
        min_value=0,
        max_value=3_600,
        required=False,
        label="Patience in seconds",
        help_text=f"How long what waits stays with a line that is down. Empty is {PATIENCE_S:.0f}; "
        f"passcodes always go after {OTP_PATIENCE_S:.0f}.",
    )
    groups: Final = (
        ("", ("name",)),
        ("Speed", ("tps", "window", "binds", "otp_binds")),
        ("Cost", ("cost", "currency", "costs")),
        ("Time", ("validity_cap_hours", "patience_s")),
    )

    def clean_costs(self) -> dict[str, Decimal]:
        """Prefix → cost of a segment."""
        costs: dict[str, Decimal] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["costs"].splitlines())):
            found = COST_LINE.fullmatch(line)
            if found is None:
                raise forms.ValidationError(f"“{line[:40]}” is no cost: write digits, a blank and an amount.")
            prefix = found["prefix"]
            if prefix in costs:
                raise forms.ValidationError(f"{prefix} stands there twice.")
            costs[prefix] = Decimal(found["cost"])
        return costs

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        try:
            refuse_unshareable(given.get("tps") or 0, given.get("otp_binds") or 0)
        except RouteConfigProblem as problem:
            self.add_error("tps", problem.detail)
        return given

    def special(self) -> dict[str, int]:
        """Prefix → micros."""
        currency = self.cleaned_data["currency"].upper()
        return {prefix: from_decimal(cost, currency).micros for prefix, cost in self.cleaned_data["costs"].items()}

    def terms(self) -> RouteTerms:
        given = dict(self.cleaned_data)
        del given["name"], given["costs"]
        cost, currency = given.pop("cost"), given.pop("currency").upper()
        return RouteTerms(**given, cost_micros=from_decimal(cost, currency).micros, currency=currency)


def route_form(route: Route, data: Mapping[str, Any] | None = None) -> RouteForm:
    """The form filled with a route."""
    names = ("name", "tps", "window", "binds", "otp_binds", "currency", "validity_cap_hours", "patience_s")
    initial = {name: getattr(route, name) for name in names}
    special = route.costs.order_by("prefix").values_list("prefix", "cost_micros")
    costs = "\n".join(f"{prefix} {Decimal(micros) / MICROS}" for prefix, micros in special)
    return RouteForm(data, initial={**initial, "cost": Decimal(route.cost_micros) / MICROS, "costs": costs})


def settings_form(provider: Provider, route: Route | None = None, data: Mapping[str, Any] | None = None) -> forms.Form:
    """The provider's form. Secrets of an existing route are never in it: an empty field keeps what is stored."""
    form = provider.settings_form(data, initial=route.settings if route else None, prefix=SETTINGS_PREFIX)
    if route is not None and route.secrets_encrypted:
        for name in provider.secret_fields:
            form.fields[name].required = False
            form.fields[name].help_text = KEPT
        if isinstance(form, AsksWhatIsStored):
            form.stored_secrets = _stored(provider, route)
    return form


def _stored(provider: Provider, route: Route) -> Collection[str]:
    """What an empty field keeps; of secrets that cannot be read, nobody knows which they are."""
    try:
        return unseal(route.secrets_encrypted).keys()
    except SecretsUnreadable:
        return provider.secret_fields


def route_draft(
    provider: Provider, route: RouteForm, settings: forms.Form, stored: Mapping[str, Any] | None = None
) -> RouteDraft:
    """What two valid forms say, secrets apart.

    Args:
        stored: the settings of a route that exists. What it never had and nobody touched stays out, or saving its speed
            would change its settings too, and break its connections.
    """
    given = settings.cleaned_data
    secrets = {name: given[name] for name in provider.secret_fields if given.get(name)}
    wanted = given.keys() if stored is None else stored.keys() | set(settings.changed_data)
    plain = {name: value for name, value in given.items() if name in wanted and name not in provider.secret_fields}
    return RouteDraft(route.cleaned_data["name"], provider.kind, plain, secrets, route.terms(), route.special())


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
    tenant = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label="Organisation")
    sender = forms.CharField(max_length=32, required=False, label="Sender")
    strategy = forms.ChoiceField(
        choices=Strategy.choices, initial=Strategy.PRIORITY, required=False, label="Order of its routes"
    )

    def __init__(self, *args: Any, routes: Sequence[Choice], tenants: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenant = self.fields["tenant"]
        if isinstance(tenant, forms.ChoiceField):
            tenant.choices = [("", "Any"), *tenants]
        for number, (route, weight) in enumerate(CHOICES):
            first = number == 0
            self.fields[route] = forms.TypedChoiceField(
                choices=[("", "Choose" if first else "None"), *routes],
                coerce=int,
                empty_value=None,
                required=first,
                label="First route" if first else "Then",
            )
            self.fields[weight] = forms.IntegerField(
                min_value=0, max_value=MAX_WEIGHT, required=False, initial=1, label=f"Weight of route {number + 1}"
            )

    def has_changed(self) -> bool:
        """Order and weights alone make no rule: they have values from the beginning."""
        given = {"strategy", *(weight for _, weight in CHOICES)}
        return not given.issuperset(self.changed_data)

    def what(self) -> list[forms.BoundField]:
        """The fields that say which messages are the rule's."""
        return [self[name] for name in ("numbers", "traffic_class", "tenant", "sender")]

    def ways(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The routes with their weights."""
        return [(self[route], self[weight]) for route, weight in CHOICES]

    def draft(self) -> RuleDraft:
        given = self.cleaned_data
        chosen = [(given[route], given[weight]) for route, weight in CHOICES if given.get(route)]
        strategy = Strategy(given["strategy"] or Strategy.PRIORITY)
        weights = [1 if weight is None else weight for _, weight in chosen] if strategy is Strategy.WEIGHTED else []
        return RuleDraft(
            [route for route, _ in chosen],
            given["numbers"].lstrip("+"),
            given["traffic_class"],
            given["tenant"],
            given["sender"],
            strategy,
            weights,
        )


_RuleFormSet = formset_factory(RuleForm, extra=1, can_order=True, can_delete=True, max_num=200)


def rule_formset(rules: Sequence[RuleDraft], data: Mapping[str, Any] | None = None) -> BaseFormSet[RuleForm]:
    """The rules as forms, and an empty one; two queries for what can be chosen."""
    routes = [(str(pk), name) for pk, name in Route.objects.order_by("name").values_list("pk", "name")]
    tenants = [(str(pk), name) for pk, name in Tenant.objects.order_by("name").values_list("pk", "name")]
    initial = [_initial(rule) for rule in rules]
    return _RuleFormSet(data, initial=initial, form_kwargs={"routes": routes, "tenants": tenants})


def _initial(rule: RuleDraft) -> dict[str, Any]:
    row: dict[str, Any] = {
        "numbers": rule.prefix,
        "traffic_class": rule.traffic_class,
        "tenant": str(rule.tenant_id or ""),
        "sender": rule.sender,
        "strategy": rule.strategy,
    }
    weights = rule.weights or [1] * len(rule.route_ids)
    for (route, weight), route_id, given in zip(CHOICES, rule.route_ids, weights, strict=False):
        row |= {route: str(route_id), weight: given}
    return row


def rule_drafts(formset: BaseFormSet[RuleForm]) -> list[RuleDraft]:
    """The rules of a valid formset in their order, deleted and empty rows left out."""
    return [form.draft() for form in formset.ordered_forms if form.cleaned_data]


class DrainForm(forms.Form):
    """How a drain is to end."""

    moves_queue = forms.BooleanField(
        required=False,
        initial=True,
        label="What waits goes to its next routes",
        help_text="Else it waits until the route is enabled again.",
    )
    then_disables = forms.BooleanField(
        required=False,
        label="Disable the route when it is dry",
        help_text="Receipts that are still due come only when it is enabled again.",
    )


class NoteForm(forms.Form):
    """Beside every change: why, and the version that was before the person's eyes."""

    note = forms.CharField(max_length=200, required=False, label="Why", help_text="Stands in the history.")
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


def change_of(request: TenantRequest) -> Change:
    """Who changes something by this request, and why."""
    form = NoteForm(request.POST)
    form.full_clean()
    note, version = form.cleaned_data.get("note", ""), form.cleaned_data.get("version")
    return Change(actor_of(request), note, version, utc_now())
