"""Shapes of the dry run and of the levels of rules."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.forms import BoundField
from django.urls import reverse_lazy

from compliance.levels import Level
from compliance.rules.catalogue import adjustable

TEXT_MAX = 4_000


class CheckForm(forms.Form):
    """A text, or the values of a named template: one field for each of its variables.

    Args:
        variables: names of the chosen template's variables; None where none is chosen.
    """

    sender = forms.CharField(label="Sender", max_length=21, help_text="Capitals count.")
    recipient = forms.CharField(label="Number", max_length=64)
    template_id = forms.CharField(
        label="Template id",
        max_length=64,
        required=False,
        help_text="Ours or the portal's, for its values one by one; empty searches by the text.",
        widget=forms.TextInput(
            attrs={
                "hx-get": reverse_lazy("compliance:check"),
                "hx-trigger": "change",
                "hx-target": "#check-content",
                "hx-include": "closest form",
            }
        ),
    )
    text = forms.CharField(
        label="Text",
        max_length=TEXT_MAX,
        strip=False,
        required=False,
        help_text="As it would be sent. With a template and without a text, its values are taken.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: object, variables: Sequence[str] | None = None, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments, handed on
        self._variables = variables
        for place, name in enumerate(variables or ()):
            self.fields[f"value_{place}"] = forms.CharField(
                label=f"Value of {name}", max_length=TEXT_MAX, required=False, strip=False
            )

    @property
    def message(self) -> tuple[BoundField, ...]:
        """Sender, number and template."""
        return self["sender"], self["recipient"], self["template_id"]

    @property
    def content(self) -> tuple[BoundField, ...]:
        """The text, and a field for each variable."""
        return self["text"], *(self[f"value_{place}"] for place in range(len(self._variables or ())))

    @property
    def said(self) -> tuple[str | None, list[str] | None]:
        """The text, or the values where there is a template and no text."""
        text = self.cleaned_data["text"]
        if text or self._variables is None:
            return text, None
        return None, [self.cleaned_data[f"value_{place}"] for place in range(len(self._variables))]


class RuleLevelsForm(forms.Form):
    """One choice per rule of style."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # a form's own arguments, handed on
        for key, about in adjustable().items():
            self.fields[key] = forms.ChoiceField(label=about.explanation, choices=Level.choices, help_text=about.remedy)

    @property
    def levels(self) -> dict[str, Level]:
        return {key: Level(level) for key, level in self.cleaned_data.items()}
