"""Shapes of what reviewers enter."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django import forms
from django.db.models import Max

from compliance.awaiting import Narrowing, Place
from compliance.forms import DecisionForm
from compliance.models import Review, Sender
from compliance.statuses import ReviewEvent, ReviewState

OFFERED: Final = 12
FINDINGS: Final = (("", "Any"), ("error", "Errors"), ("advice", "Advice"), ("none", "None"))


class QueueForm(forms.Form):
    """Filters of the queue; a value that does not exist restricts nothing."""

    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Both"), *Review.Of.choices])
    sender = forms.ChoiceField(label="Sender", required=False)
    findings = forms.ChoiceField(label="Findings", required=False, choices=FINDINGS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        headers = Sender.objects.exclude(state=ReviewState.REJECTED).order_by("header")
        names = headers.values_list("header", flat=True).distinct()
        field: Any = self.fields["sender"]  # django-stubs types `fields` too loosely to set choices
        field.choices = [("", "Any"), *((name, name) for name in names)]

    @property
    def narrowing(self) -> Narrowing:
        self.is_valid()
        said = self.cleaned_data
        return Narrowing(said.get("kind", ""), said.get("sender", ""), said.get("findings", ""))


class ReviewForm(DecisionForm):
    """A decision with its reason: one that was given before, words of one's own, or both."""

    reason = forms.ChoiceField(label="A reason given before", required=False)
    seen = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    field_order = ("reason", "note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["reason"]  # as above
        field.choices = [("", "–"), *((reason, reason) for reason in earlier_reasons())]

    @property
    def event(self) -> ReviewEvent:
        return ReviewEvent(self.cleaned_data["decision"])

    @property
    def words(self) -> str:
        said = self.cleaned_data
        return "\n".join(part for part in (said["reason"], said["note"].strip()) if part)

    @property
    def seen_at(self) -> datetime | None:
        """When that which the reviewer has read was submitted."""
        place = Place.parse(self.cleaned_data["seen"])
        return place.submitted_at if place else None


def earlier_reasons() -> list[str]:
    """Notes of the organisation's own refusals, the last given first, each once."""
    refusals = Review.objects.filter(to_state__in=(ReviewState.REJECTED, ReviewState.CHANGES_ASKED))
    newest = refusals.exclude(note="").exclude(note__contains="\n").values("note").annotate(last=Max("at"))
    return [row["note"] for row in newest.order_by("-last")[:OFFERED] if len(row["note"]) <= 200]
