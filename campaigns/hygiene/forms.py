"""What people confirm about a list: the price of look-ups, and what becomes of numbers that failed for good."""

from __future__ import annotations

from typing import Any

from django import forms

from campaigns.hygiene.statuses import RemovalKind, VerificationScope
from campaigns.models import NumberFailure


class LookUpForm(forms.Form):
    """Price and number as they were shown: another price is not what was confirmed."""

    scope = forms.ChoiceField(choices=VerificationScope.choices)
    confirmed_numbers = forms.IntegerField(min_value=1)
    confirmed_micros = forms.IntegerField(min_value=0)

    def clean_scope(self) -> VerificationScope:
        return VerificationScope(self.cleaned_data["scope"])


class SettleForm(forms.Form):
    """Some numbers of the page, or every one that is suggested."""

    kind = forms.ChoiceField(choices=RemovalKind.choices)
    everything = forms.BooleanField(required=False)
    ids = forms.ModelMultipleChoiceField(NumberFailure.objects.none(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser: Any = self.fields["ids"]
        chooser.queryset = NumberFailure.objects.all()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given["ids"] = [each.pk for each in given.get("ids") or ()]
        if not given["ids"] and not given.get("everything"):
            self.add_error("ids", "Choose some numbers.")
        return given
