"""Shapes of the dry run and of the levels of rules."""

from __future__ import annotations

from django import forms

from compliance.levels import Level
from compliance.rules.catalogue import adjustable

TEXT_MAX = 4_000


class CheckForm(forms.Form):
    sender = forms.CharField(label="Sender", max_length=21, help_text="Capitals count.")
    recipient = forms.CharField(label="Number", max_length=64)
    text = forms.CharField(label="Text", max_length=TEXT_MAX, strip=False, widget=forms.Textarea(attrs={"rows": 5}))
    template_id = forms.CharField(
        label="Template id",
        max_length=64,
        required=False,
        help_text="Ours or the portal's; empty searches.",
    )


class RuleLevelsForm(forms.Form):
    """One choice per rule of style."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments, handed on
        for key, about in adjustable().items():
            self.fields[key] = forms.ChoiceField(label=about.explanation, choices=Level.choices, help_text=about.remedy)

    @property
    def levels(self) -> dict[str, Level]:
        return {key: Level(level) for key, level in self.cleaned_data.items()}
