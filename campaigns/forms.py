"""Shapes of what people enter; rules are the services' (their refusals become errors of the form)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID
from zoneinfo import available_timezones

import phonenumbers
from babel import Locale
from django import forms

from campaigns.importing.rows import KEEP, LEAVE, NAME, PHONE
from campaigns.models import NAME_LENGTH, ContactList, Import
from campaigns.services.filling import NAME_COLUMN, OPT_OUT_LINK, PHONE_COLUMN
from campaigns.statuses import CampaignState
from compliance.models import Template
from kernel.domain.errors import DomainError
from kernel.tables.encodings import LABELS, UTF8_BOM, UTF16_BE, UTF16_LE
from kernel.tables.reading import DELIMITERS

FIXED: Final = "="
OPT_OUT: Final = "l:opt_out"
NEW_LIST: Final = ""
LOCAL_FORMAT: Final = "%Y-%m-%dT%H:%M"


def add_refusal(form: forms.Form, refusal: DomainError) -> None:
    """A service's refusal above the form, cause and remedy."""
    form.add_error(None, f"{refusal.detail} {refusal.remedy}")


@cache
def countries() -> list[tuple[str, str]]:
    """Every country with a numbering plan, by its English name."""
    names = Locale("en").territories
    named = [(code, str(names.get(code, code))) for code in phonenumbers.SUPPORTED_REGIONS]
    return sorted(named, key=lambda pair: pair[1])


@cache
def zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name or name == "UTC"]


def set_choices(form: forms.Form, name: str, choices: Sequence[tuple[str, str]]) -> None:
    """django-stubs types `fields` too loosely to set the choices of one."""
    field: Any = form.fields[name]
    field.choices = list(choices)


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File", allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"})
    )
    existing = forms.TypedChoiceField(label="Goes to", required=False, coerce=UUID, empty_value=None)
    name = forms.CharField(label="Name of the new list", max_length=NAME_LENGTH, required=False)
    region = forms.ChoiceField(
        label="Numbers without country code are from",
        help_text="Never guessed: a British 07712 345678 would pass as an Indian number.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = ContactList.objects.order_by("name").values_list("id", "name")
        set_choices(self, "existing", [(NEW_LIST, "A new list"), *((str(ident), name) for ident, name in lists)])
        set_choices(self, "region", countries())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("existing") and not cleaned.get("name"):
            self.add_error("name", "Give the new list a name, or choose an existing one.")
        return cleaned


MEANINGS: Final = [(PHONE, "Phone number"), (NAME, "Name"), (KEEP, "Keep for texts"), (LEAVE, "Leave out")]


class MappingForm(forms.Form):
    """One choice per column of the file: `column-0`, `column-1` and so on."""

    region = forms.ChoiceField(label="Numbers without country code are from")
    again = forms.BooleanField(label="Import it again", required=False)

    def __init__(self, *args: Any, job: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "region", countries())
        self.fields["region"].initial = job.region
        self.columns = [f"column-{number}" for number in range(len(job.columns))]
        for name, column, meaning in zip(self.columns, job.columns, job.mapping, strict=True):
            self.fields[name] = forms.ChoiceField(choices=MEANINGS, required=False, label=column, initial=meaning)

    @property
    def mapping(self) -> list[str]:
        return [str(self.cleaned_data[name]) for name in self.columns]


class ReadAgainForm(forms.Form):
    encoding = forms.ChoiceField(
        label="Encoding",
        required=False,
        choices=[
            ("", "Find out"),
            *((code, label) for code, label in LABELS.items() if code not in {UTF8_BOM, UTF16_LE, UTF16_BE}),
        ],
    )
    delimiter = forms.ChoiceField(
        label="Cells are separated by",
        required=False,
        choices=[("", "Find out"), *((sign, word.capitalize()) for sign, word in DELIMITERS.items())],
    )
    first_row = forms.ChoiceField(
        label="The first row is",
        required=False,
        choices=[("", "Find out"), ("header", "The header"), ("person", "A person")],
    )
    region = forms.ChoiceField(label="Numbers without country code are from")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "region", countries())

    @property
    def has_header(self) -> bool | None:
        return {"header": True, "person": False}.get(self.cleaned_data["first_row"])


class AudienceForm(forms.Form):
    name = forms.CharField(
        label="Name of the campaign", max_length=NAME_LENGTH, help_text="For your own lists; recipients never see it."
    )
    lists = forms.TypedMultipleChoiceField(
        label="Goes to the people of",
        coerce=UUID,
        widget=forms.CheckboxSelectMultiple,
        help_text="Who is on two of these lists gets one message.",
        error_messages={"required": "Choose at least one list."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ContactList.objects.order_by("name").values_list("id", "name", "size")
        set_choices(self, "lists", [(str(ident), f"{name} ({size:,} people)") for ident, name, size in rows])


class TemplateChoiceForm(forms.Form):
    template = forms.TypedChoiceField(label="Template", coerce=UUID)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = Template.objects.usable().select_related("sender")
        set_choices(self, "template", [("", "Choose one"), *((str(t.pk), f"{t} · {t.sender.header}") for t in usable)])


class VariablesForm(forms.Form):
    """Where each variable comes from: `source-0` is a column, OPT_OUT or FIXED; `text-0` the fixed text."""

    def __init__(
        self, *args: Any, template: Template, columns: Sequence[str], mapping: Any = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.names = [variable.name for variable in template.variable_list]
        choices = [
            ("", "Choose where it comes from"),
            (f"c:{NAME_COLUMN}", "Name"),
            *((f"c:{column}", f"Column “{column}”") for column in columns),
            (f"c:{PHONE_COLUMN}", "Phone number"),
            (OPT_OUT, "Opt-out link of the person"),
            (FIXED, "A fixed text"),
        ]
        known = list(mapping) if len(mapping) == len(self.names) else [guess(name, columns) for name in self.names]
        for number, (variable, source) in enumerate(zip(template.variable_list, known, strict=True)):
            self.fields[f"source-{number}"] = forms.ChoiceField(
                choices=choices,
                label=variable.name,
                initial=_initial(source),
                error_messages={"required": f"Nothing fills “{variable.name}”: choose a column, or a fixed text."},
            )
            self.fields[f"text-{number}"] = forms.CharField(
                required=False, max_length=variable.max, label="Fixed text", initial=source.get("text", "")
            )

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        """(source, text) per variable, as bound fields."""
        return [(self[f"source-{number}"], self[f"text-{number}"]) for number in range(len(self.names))]

    @property
    def mapping(self) -> list[dict[str, str]]:
        said = self.cleaned_data
        return [_source(said[f"source-{n}"], said[f"text-{n}"].strip()) for n in range(len(self.names))]

    @property
    def current(self) -> list[dict[str, str]]:
        """What the form shows now, valid or not; for the preview."""
        return [_source(str(s.value() or ""), str(t.value() or "").strip()) for s, t in self.rows]


def guess(variable: str, columns: Sequence[str]) -> dict[str, str]:
    """The column that is called like the variable, if any."""
    wanted = variable.casefold()
    if wanted in {"name", "customer", "first name"}:
        return {"column": NAME_COLUMN}
    return {"column": next((column for column in columns if column.casefold() == wanted), "")}


def _initial(source: Mapping[str, str]) -> str:
    if "text" in source:
        return FIXED
    if source.get("link"):
        return OPT_OUT
    return f"c:{source['column']}" if source.get("column") else ""


def _source(choice: str, text: str) -> dict[str, str]:
    if choice == OPT_OUT:
        return {"link": OPT_OUT_LINK}
    return {"text": text} if choice == FIXED else {"column": choice.removeprefix("c:")}


class LocalTimeField(forms.DateTimeField):
    """What a datetime-local control gives: a wall clock's time, which is no instant before a zone was said."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL_FORMAT)

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        for pattern in (LOCAL_FORMAT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"):
            try:
                return datetime.strptime(value, pattern)  # noqa: DTZ007 - naive on purpose
            except ValueError:
                continue
        raise forms.ValidationError("Write date and time like 2026-12-31 18:30.")

    def prepare_value(self, value: Any) -> Any:
        return value.strftime(LOCAL_FORMAT) if isinstance(value, datetime) else value


class ScheduleForm(forms.Form):
    when = forms.ChoiceField(
        label="Send", choices=[("now", "Now"), ("later", "At a time")], widget=forms.RadioSelect, initial="later"
    )
    local = LocalTimeField(label="Date and time", required=False)
    zone = forms.ChoiceField(label="Time zone")
    occurrence = forms.ChoiceField(
        label="If the clocks are turned back then",
        required=False,
        choices=[("", "It happens once"), ("first", "The first time"), ("second", "The second time")],
    )
    not_after = LocalTimeField(
        label="Not after",
        required=False,
        help_text="What is not sent by then is not sent at all. Empty: 24 hours after the beginning.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "zone", zones())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == "later" and not cleaned.get("local") and "local" not in self.errors:
            self.add_error("local", "Choose date and time, or send now.")
        return cleaned


class CampaignFilter(forms.Form):
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *CampaignState.choices])

    @property
    def chosen(self) -> str:
        """The state to show; empty for all, and for one that does not exist."""
        return str(self.cleaned_data["state"]) if self.is_valid() else ""
