"""Forms of the pages about seed numbers and probes."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django import forms

from compliance.models import Template
from compliance.tags import MEANING
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, parse_number
from routing.models import Probe, SeedNumber
from tenants.models import Tenant

PHONE = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off", "placeholder": "+91 …"})


class SeedForm(forms.Form):
    """A phone for the list."""

    number = forms.CharField(max_length=40, widget=PHONE, help_text="With the country code.")
    label = forms.CharField(max_length=80, label="Whose phone", help_text="Who holds it, and its network.")

    def clean_number(self) -> E164:
        try:
            return parse_number(self.cleaned_data["number"])
        except NumberRefused as refused:
            raise forms.ValidationError(f"{refused.detail} {refused.remedy}") from refused


class TextChoice(forms.Form):
    """Whose message, then which of its approved texts: the rest of the page depends on both."""

    tenant = forms.ModelChoiceField(Tenant.objects.all(), label="Sent for", empty_label="Choose an organisation")
    template = forms.ModelChoiceField(
        Template.objects.none(), label="Template", required=False, empty_label="Choose a template"
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data or None)
        tenant_id = _uuid(self.data.get("tenant"))
        if tenant_id is not None:
            field = cast("forms.ModelChoiceField[Template]", self.fields["template"])
            field.queryset = Template.objects.usable().filter(tenant_id=tenant_id).select_related("sender")

    def chosen(self) -> Template | None:
        return self.cleaned_data["template"] if self.is_valid() else None


class ProbeForm(forms.Form):
    """To which phones, with which values."""

    seeds = forms.ModelMultipleChoiceField(
        SeedNumber.objects.filter(retired_at=None).order_by("label"),
        label="To",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one phone."},
    )

    def __init__(self, data: Any = None, *, template: Template) -> None:
        super().__init__(data)
        for number, variable in enumerate(template.variable_list):
            self.fields[f"value_{number}"] = forms.CharField(
                label=f"Variable {variable.name}" if variable.name.isdigit() else variable.name,
                max_length=variable.max,
                strip=False,
                help_text=f"{MEANING[variable.type].capitalize()}, at most {variable.max} characters",
            )

    @property
    def value_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("value_")]

    def values(self) -> list[str]:
        return [self.cleaned_data[field.name] for field in self.value_fields]


class VerdictForm(forms.Form):
    verdict = forms.TypedChoiceField(choices=Probe.Verdict.choices, coerce=Probe.Verdict)


def _uuid(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
