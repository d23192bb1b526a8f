from __future__ import annotations

from typing import Any

from django import forms

from billing.models import EntryKind


class MonthField(forms.DateField):
    """A month as `2026-11`; its value is the month's first day."""

    widget = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            input_formats=["%Y-%m"],
            error_messages={"invalid": "Write the month as year and month, such as 2026-11."},
            **kwargs,
        )


class LedgerFilter(forms.Form):
    kind = forms.ChoiceField(required=False, choices=[("", "All kinds"), *EntryKind.choices])
    month = MonthField(required=False)
    campaign = forms.UUIDField(required=False, widget=forms.HiddenInput)
    batch = forms.UUIDField(required=False, widget=forms.HiddenInput)


class MonthFilter(forms.Form):
    month = MonthField(required=False)


class ExportForm(forms.Form):
    month = MonthField(widget=forms.DateInput(attrs={"type": "hidden"}, format="%Y-%m"))
    has_bom = forms.BooleanField(
        required=False, initial=True, label="For spreadsheet programs", help_text="Marks the file as UTF-8 for Excel."
    )


class NumberForm(forms.Form):
    number = forms.CharField(required=False, max_length=40, label="Price of a number")
