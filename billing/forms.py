from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from billing.models import ChargedOn, EntryKind, RateCard


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
    number = forms.CharField(max_length=40)


class OpenWalletForm(forms.Form):
    rate_card = forms.ModelChoiceField(RateCard.objects.all(), label="Rate card")
    charged_on = forms.ChoiceField(choices=ChargedOn.choices, label="Charged on", initial=ChargedOn.SUBMIT)
    credit_limit = forms.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, initial=0, help_text="What may be spent beyond the balance."
    )


class TopUpForm(forms.Form):
    """The key is drawn with the form, so that sending it twice books it once."""

    amount = forms.DecimalField(max_digits=12, decimal_places=2, help_text="Net of tax, in the wallet's currency.")
    note = forms.CharField(max_length=500, help_text="What was paid how, for example the bank's reference.")
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
