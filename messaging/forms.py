"""The shapes of the message pages: filters of the list, and one message written by hand."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from django import forms

from compliance.models import Template
from compliance.tags import MEANING
from kernel.domain.traffic import TrafficClass
from kernel.telecom.numbers import NumberRefused, normalise
from messaging.queries import OUTCOMES_OF, Filter
from messaging.services.judging import shown
from messaging.statuses import Status, Term
from tenants.queries import TenantInfo

ACCEPTED: Final = "accepted"
SUBMITTED: Final = "submitted"
# What a message once became, whatever came later: the figures "accepted" and "sent" of the reports lead here.
_PASSED: Final = {ACCEPTED: (Status.SCHEDULED, Status.ACCEPTED), SUBMITTED: (Status.SUBMITTED,)}
BECAME: Final[dict[str, tuple[Status, ...]]] = {**{term.value: OUTCOMES_OF[term] for term in Term}, **_PASSED}
OUTCOME_LABELS: Final[dict[str, str]] = {
    **{term.value: str(term.label) for term in Term},
    SUBMITTED: "Handed over, whatever came of it",
    ACCEPTED: "Accepted, whatever came of it",
}
_CLASSES: Final = [("", "Any class"), *((kind.label, kind.label.capitalize()) for kind in TrafficClass)]


class DayInput(forms.DateInput):
    input_type = "date"


class IsoInstant(forms.CharField):
    """An instant with its offset, as links of our own carry it; anything else is none."""

    def to_python(self, value: Any) -> Any:
        try:
            instant = datetime.fromisoformat(value) if value else None
        except ValueError:
            return None
        return instant if instant is not None and instant.tzinfo is not None else None

    def run_validators(self, value: Any) -> None:
        """A CharField's are for text."""


class MessageFilter(forms.Form):
    """Filters of the list, from the address; unreadable ones are named and not applied."""

    q = forms.CharField(label="Number", required=False, max_length=40)
    outcome = forms.ChoiceField(choices=[("", "Any outcome"), *OUTCOME_LABELS.items()], required=False)
    traffic_class = forms.ChoiceField(label="Class", choices=_CLASSES, required=False)
    since = forms.DateField(label="From", required=False, widget=DayInput)
    until = forms.DateField(label="Until", required=False, widget=DayInput)
    campaign = forms.UUIDField(required=False, widget=forms.HiddenInput)
    code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    # One bar of a chart: instants, narrower than days.
    start = IsoInstant(required=False, widget=forms.HiddenInput)
    end = IsoInstant(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, tenant: TenantInfo) -> None:
        # Without it a second form of the page would repeat the ids.
        super().__init__(data, auto_id="filter_%s")
        self._tenant = tenant

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if given.get("q") and given.get("outcome") in _PASSED:
            self.add_error("outcome", "A number can be combined with what its messages are now; choose that instead.")
        if given.get("since") and given.get("until") and given["until"] < given["since"]:
            self.add_error("until", "This day is before the first one.")
        return given

    def filter(self) -> Filter:
        """What is asked for, as far as it is valid; days are the tenant's, the last one included."""
        self.is_valid()
        given, zone = self.cleaned_data, self._tenant.zone
        name = given.get("traffic_class")
        until: date | None = given.get("until")
        return Filter(
            recipient=self._number(given.get("q") or ""),
            campaign_id=given.get("campaign"),
            became=BECAME.get(given.get("outcome") or "", ()),
            error_code=given.get("code") or "",
            traffic_class=TrafficClass.parse(name).value if name else None,
            since=given.get("start") or _midnight(given.get("since"), zone),
            until=given.get("end") or (_midnight(until + timedelta(days=1), zone) if until else None),
        )

    def _number(self, text: str) -> str:
        number = normalise(text, self._tenant.country) if text else text
        # What nobody could read is kept as it was typed, and is found so.
        return shown(text) if isinstance(number, NumberRefused) else number


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, zone) if day else None


class TemplateChoice(forms.Form):
    """Which approved text; the rest of the form depends on it."""

    template = forms.ModelChoiceField(queryset=Template.objects.none(), empty_label=None, label="Template")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Template]", self.fields["template"])
        field.queryset = Template.objects.usable().select_related("sender")

    def chosen(self) -> Template | None:
        """The template asked for, else the first there is."""
        return self.cleaned_data["template"] if self.is_valid() else Template.objects.usable().first()


class SendForm(forms.Form):
    """Recipient and the values of one template's variables, in order."""

    recipient = forms.CharField(
        label="To", max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"})
    )

    def __init__(self, data: Any = None, *, template: Template, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        self.template = template
        for number, variable in enumerate(template.variable_list):
            self.fields[f"value_{number}"] = forms.CharField(
                label=f"Variable {variable.name}" if variable.name.isdigit() else variable.name,
                max_length=variable.max,
                strip=False,
                help_text=f"{MEANING[variable.type].capitalize()}, at most {variable.max} characters",
                widget=forms.TextInput(attrs={"data-compose-value": "", "autocomplete": "off"}),
            )

    @property
    def value_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("value_")]

    def values(self) -> list[str]:
        return [self.cleaned_data[field.name] for field in self.value_fields]
