"""What may be asked of the audit trail."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from audit.models import TrailExport
from audit.queries import Search, known_actions
from tenants.models import ApiToken, Member


class DayInput(forms.DateInput):
    input_type = "date"


class TrailFilter(forms.Form):
    """Filters of the trail, from the address; unreadable ones are named and not applied."""

    person = forms.ChoiceField(label="Who", required=False)
    action = forms.ChoiceField(required=False)
    text = forms.CharField(label="Begins with", required=False, max_length=100)
    ip = forms.GenericIPAddressField(label="Address", required=False)
    since = forms.DateField(label="From", required=False, widget=DayInput)
    until = forms.DateField(label="Until", required=False, widget=DayInput)
    object = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, zone: ZoneInfo) -> None:
        super().__init__(data, auto_id="trail_%s")
        self._zone = zone
        people = Member.objects.select_related("user").order_by("user__full_name", "pk")
        tokens = ApiToken.objects.order_by("name", "pk")
        self.fields["person"].choices = [  # type: ignore[attr-defined]  # django-stubs: a Field has no choices
            ("", "Everybody"),
            *((str(member.user_id), str(member.user)) for member in people),
            *((str(token.pk), f"API token {token.name}") for token in tokens),
        ]
        named = [(action, action.replace(".", ": ").replace("_", " ")) for action in known_actions()]
        self.fields["action"].choices = [("", "Anything"), *named]  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", "This day is before the first one.")
        return given

    def search(self) -> Search:
        """What is asked for, as far as it is valid; days are the tenant's, the last one included."""
        self.is_valid()
        given = self.cleaned_data
        until: date | None = given.get("until")
        return Search(
            actor_id=given.get("person") or None,
            action=given.get("action") or "",
            object_id=given.get("object"),
            text=given.get("text") or "",
            ip=given.get("ip") or "",
            since=self._midnight(given.get("since")),
            until=self._midnight(until + timedelta(days=1)) if until else None,
        )

    def _midnight(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time(), self._zone) if day else None


class TrailExportForm(forms.Form):
    suffix = forms.ChoiceField(choices=TrailExport.Suffix)
