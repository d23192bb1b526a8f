"""Forms of the page about recipients."""

from __future__ import annotations

from django import forms

from compliance.models import OutsideHours
from compliance.services.recipients import Choices
from kernel.domain.traffic import TrafficClass

CLOSE = ""
WHAT = [
    (CLOSE, "Close for every class"),
    *((str(int(kind)), f"Open for {kind.label} messages") for kind in TrafficClass),
]


class RecipientChoicesForm(forms.Form):
    """The fields are those of `Choices`."""

    outside_hours = forms.ChoiceField(label="Promotions outside the recipient's hours", choices=OutsideHours.choices)
    duplicate_minutes = forms.IntegerField(
        label="Same text again within minutes",
        min_value=0,
        max_value=1_440,
        help_text="The same text to the same number by the same sender. 0 asks nothing.",
    )
    promotions_per_day = forms.IntegerField(
        label="Promotions per number in 24 hours", min_value=0, max_value=100, help_text="0 asks nothing."
    )
    promotions_per_week = forms.IntegerField(
        label="Promotions per number in 7 days", min_value=0, max_value=500, help_text="0 asks nothing."
    )
    home_only = forms.BooleanField(
        label="Only numbers of our own country, and destinations opened below", required=False
    )

    @property
    def choices(self) -> Choices:
        return Choices(**self.cleaned_data)


class DestinationForm(forms.Form):
    digits = forms.CharField(label="Numbers begin with", max_length=16, help_text="A plus and up to seven digits: +92.")
    what = forms.ChoiceField(label="What to do", choices=WHAT, required=False)
    daily_cap = forms.IntegerField(
        label="Most messages in 24 hours",
        min_value=1,
        max_value=1_000_000,
        required=False,
        help_text="Of an opened destination.",
    )
    note = forms.CharField(label="Why", max_length=200, required=False)

    @property
    def traffic_class(self) -> TrafficClass | None:
        """None closes."""
        chosen = self.cleaned_data["what"]
        return TrafficClass(int(chosen)) if chosen else None
