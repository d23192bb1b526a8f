"""Sources of look-ups in the platform console."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms as django_forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.domain.money import MICROS, from_decimal
from kernel.web.htmx import render_page
from routing import forms
from routing.lookups.contract import Lookup
from routing.lookups.registry import lookup, lookups
from routing.models import LookupSource
from routing.services.lookups import LookupDraft, save_source
from tenants.access import TenantRequest, actor_of, staff_page


def _money(label: str, help_text: str) -> django_forms.DecimalField:
    return django_forms.DecimalField(
        min_value=0, max_digits=12, decimal_places=6, initial=0, label=label, help_text=help_text
    )


class SourceForm(django_forms.Form):
    name = django_forms.CharField(max_length=64, help_text="Organisations see it.")
    is_active = django_forms.BooleanField(
        required=False, label="Answer for all organisations", help_text="It takes the place of the one that does now."
    )
    per_second = django_forms.IntegerField(
        min_value=0, initial=10, label="Questions a second", help_text="Of each worker; 0 is no limit."
    )
    keep_days = django_forms.IntegerField(
        min_value=1, max_value=365, initial=30, label="Days an answer is kept", help_text="Not bought again before."
    )
    cost = _money("Cost of an answer", "What the source takes from us.")
    price = _money("Price of an answer", "What an organisation pays.")
    currency = django_forms.CharField(min_length=3, max_length=3, initial="INR")
    groups: Final = (
        ("", ("name", "is_active")),
        ("Asking", ("per_second", "keep_days")),
        ("Money", ("cost", "price", "currency")),
    )

    def draft(self, kind: Lookup, settings: django_forms.Form) -> LookupDraft:
        """What two valid forms say."""
        given, told = self.cleaned_data, settings.cleaned_data
        currency = given["currency"].upper()
        return LookupDraft(
            given["name"],
            {name: value for name, value in told.items() if name not in kind.secret_fields},
            {name: told[name] for name in kind.secret_fields if told.get(name)},
            given["per_second"],
            from_decimal(given["cost"], currency).micros,
            from_decimal(given["price"], currency).micros,
            currency,
            given["keep_days"],
            given["is_active"],
        )


@require_GET
@staff_page
def lookup_list(request: TenantRequest) -> HttpResponse:
    context = {"sources": LookupSource.objects.order_by("name"), "kinds": lookups().values()}
    return render_page(request, "routing/lookup_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def lookup_new(request: TenantRequest, kind: str) -> HttpResponseBase:
    chosen = lookups().get(kind)
    if chosen is None:
        return redirect("routing:lookups")
    return _edit(request, chosen, None)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def lookup_edit(request: TenantRequest, pk: int) -> HttpResponseBase:
    source = get_object_or_404(LookupSource, pk=pk)
    return _edit(request, lookup(source.kind), source)


def _edit(request: TenantRequest, kind: Lookup, source: LookupSource | None) -> HttpResponseBase:
    data = request.POST if request.method == "POST" else None
    source_form, settings_form = _source_form(source, data), _settings_form(kind, source, data)
    # Both are asked, so that all problems are shown at once.
    if data is not None and all([source_form.is_valid(), settings_form.is_valid()]):
        draft = source_form.draft(kind, settings_form)
        try:
            source_id = source.pk if source else None
            save_source(draft=draft, kind=kind.kind, source_id=source_id, actor=actor_of(request), now=utc_now())
        except DomainError as problem:
            field = problem.context.get("field")
            source_form.add_error(
                str(field) if field in source_form.fields else None, f"{problem.detail} {problem.remedy}"
            )
        else:
            messages.success(request, f"{draft.name} is saved. The next question is asked with it.")
            return redirect("routing:lookups")
    context = {
        "source": source,
        "kind": kind,
        "source_form": source_form,
        "settings_form": settings_form,
        "source_groups": forms.field_groups(source_form),
        "setting_groups": forms.field_groups(settings_form),
    }
    return render_page(request, "routing/lookup_form.html", context, status=200 if data is None else 422)


def _source_form(source: LookupSource | None, data: Mapping[str, Any] | None) -> SourceForm:
    if source is None:
        return SourceForm(data)
    initial = {name: getattr(source, name) for name in ("name", "is_active", "per_second", "keep_days", "currency")}
    initial["cost"] = Decimal(source.cost_micros) / MICROS
    initial["price"] = Decimal(source.price_micros) / MICROS
    return SourceForm(data, initial=initial)


def _settings_form(kind: Lookup, source: LookupSource | None, data: Mapping[str, Any] | None) -> django_forms.Form:
    """The kind's form. Secrets of an existing source are never in it: an empty field keeps what is stored."""
    initial = source.settings if source else None
    form = kind.settings_form(data, initial=initial, prefix=forms.SETTINGS_PREFIX)
    if source is not None and source.secrets_encrypted:
        for name in kind.secret_fields:
            form.fields[name].required = False
            form.fields[name].help_text = forms.KEPT
    return form
