"""Shapes of what people enter; rules are the services' (their refusals become errors of the form)."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms

from compliance.models import Entity, Sender, Template
from compliance.register_forms import ToldForm
from compliance.statuses import (
    Category,
    EntityType,
    Portal,
    PortalCategory,
    PortalKind,
    ReviewEvent,
    ReviewState,
    SenderKind,
    Tenure,
)
from compliance.tags import MAXIMUM, MEANING, TAG, Variable, VariableType, tag_type
from kernel.domain.errors import DomainError
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, parse_number

EVERY: Final = ""
DECISIONS: Final = (ReviewEvent.APPROVE, ReviewEvent.ASK_CHANGES, ReviewEvent.REJECT)


def add_refusal(form: forms.Form, refusal: DomainError) -> None:
    """Show a service's refusal at the field it names, else above the form."""
    field = refusal.context.get("field")
    place = field if isinstance(field, str) and field in form.fields else None
    form.add_error(place, f"{refusal.detail} {refusal.remedy}")


class EntityForm(ToldForm):
    portal_kind = PortalKind.ENTITY

    legal_name = forms.CharField(label="Legal name", max_length=200, help_text="As on the registration portal.")
    country = forms.RegexField(
        r"^[A-Z]{2}$", initial="IN", label="Country", help_text="Two letters, for example IN.", max_length=2
    )
    dlt_entity_id = forms.CharField(
        label="DLT entity id",
        max_length=40,
        required=False,
        help_text="19 digits, copied from your portal. Nothing can be sent to India without it.",
    )
    entity_type = forms.ChoiceField(label="Kind of entity", required=False, choices=EntityType.choices)
    portal = forms.ChoiceField(label="Registered with", required=False, choices=Portal.choices)


class SenderForm(forms.Form):
    header = forms.CharField(
        label="Sender",
        max_length=20,
        help_text="Exactly as registered, capitals too; without the operator's prefix (VM-) and ending (-S).",
    )
    kind = forms.ChoiceField(label="Kind", choices=SenderKind.choices, initial=SenderKind.ALPHA)
    entity = forms.TypedChoiceField(label="Entity", required=False, coerce=UUID, empty_value=None)
    purpose = forms.CharField(
        label="What it is for", max_length=200, required=False, help_text="One line for the reviewer."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = [(str(entity.pk), str(entity)) for entity in Entity.objects.order_by("legal_name")]
        _choices(self, "entity").choices = [("", "None yet"), *entities]


class TemplateForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, help_text="For your own lists; recipients never see it.")
    sender = forms.TypedChoiceField(label="Sender", coerce=UUID)
    category = forms.ChoiceField(label="Category", choices=Category.choices, initial=Category.SERVICE)
    category_raw = forms.ChoiceField(
        label="Type on the portal",
        choices=PortalCategory.choices,
        required=False,
        help_text="In the portal's own word; service explicit counts as promotional since 2025.",
    )
    topic = forms.CharField(
        label="Topic", max_length=60, required=False, help_text="What people may opt out of apart from the rest."
    )
    is_otp = forms.BooleanField(label="Carries a one-time passcode", required=False)
    body = forms.CharField(
        label="Text",
        max_length=4000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Letter by letter as on the portal, with its variables: {#var#}, {#numeric#}, {#url#} …",
    )
    variable_names = forms.CharField(
        label="Names of the variables",
        max_length=400,
        required=False,
        help_text="In the order of the text, separated by commas: name, amount:numeric. "
        "A type after the colon makes a {#var#} stricter.",
    )

    def __init__(self, *args: Any, is_named: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        senders = Sender.objects.exclude(state=ReviewState.REJECTED).order_by("header")
        _choices(self, "sender").choices = [(str(sender.pk), sender.header) for sender in senders]
        if not is_named:
            del self.fields["name"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "body" in cleaned and "variable_names" in cleaned:
            cleaned["variables"] = self._variables(cleaned["body"], cleaned["variable_names"])
        return cleaned

    def _variables(self, body: str, names: str) -> list[Variable] | None:
        tags = [tag_type(tag) for tag in TAG.findall(body)]
        entries = [entry.strip() for entry in names.split(",") if entry.strip()]
        if not entries:
            return None
        if len(entries) != len(tags):
            self.add_error("variable_names", f"The text has {len(tags)} variables, but {len(entries)} names are given.")
            return None
        variables = []
        for entry, tag in zip(entries, tags, strict=True):
            name, _, kind = (part.strip() for part in entry.partition(":"))
            if kind and kind not in MAXIMUM:
                known = ", ".join(f"{each} ({MEANING[each]})" for each in VariableType)
                self.add_error("variable_names", f"“{kind}” is no type of variable; there are {known}.")
                return None
            chosen = VariableType(kind) if kind else tag
            variables.append(Variable(name, chosen, MAXIMUM[chosen]))
        if len({variable.name for variable in variables}) < len(variables):
            self.add_error("variable_names", "Two variables have the same name; give each its own.")
            return None
        return variables


def names_of(template: Template) -> str:
    """A template's variables as `TemplateForm` takes them."""
    tags = TAG.findall(template.body)
    return ", ".join(
        variable.name if tag_type(tag) is variable.type else f"{variable.name}:{variable.type}"
        for variable, tag in zip(template.variable_list, tags, strict=True)
    )


class DecisionForm(forms.Form):
    """One note, three buttons."""

    decision = forms.ChoiceField(choices=[(event.value, event.value) for event in DECISIONS], widget=forms.HiddenInput)
    note = forms.CharField(
        label="Note",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed unless you approve; the writer reads it.",
    )


class SenderRegistrationForm(ToldForm):
    portal_kind = PortalKind.HEADER

    country = forms.RegexField(r"^[A-Z]{2}$", initial="IN", label="Country", max_length=2)
    registration_id = forms.CharField(label="Registration id", max_length=64, required=False)
    tenure = forms.ChoiceField(label="Assigned for", choices=Tenure.choices, initial=Tenure.PERMANENT, required=False)


class DltRegistrationForm(ToldForm):
    portal_kind = PortalKind.TEMPLATE

    country = forms.RegexField(r"^[A-Z]{2}$", initial="IN", label="Country", max_length=2)
    dlt_template_id = forms.CharField(
        label="DLT template id", max_length=40, help_text="19 digits; every version has one of its own."
    )
    header = forms.CharField(
        label="Linked sender", max_length=20, required=False, help_text="Leave empty when it is the template's own."
    )
    dlt_consent_id = forms.CharField(label="Consent template id", max_length=40, required=False)


class MatchForm(forms.Form):
    text = forms.CharField(label="Text to test", max_length=4000, strip=False, widget=forms.Textarea(attrs={"rows": 4}))


class OptOutForm(forms.Form):
    recipient = forms.CharField(label="Number", max_length=40, help_text="With its country code, or an Indian one.")
    sender = forms.ChoiceField(label="Wants nothing from", required=False)
    topic = forms.ChoiceField(label="About", required=False)

    def __init__(self, *args: Any, region: str = "IN", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.region = region
        senders = [(sender.header, sender.header) for sender in Sender.objects.usable()]
        _choices(self, "sender").choices = [(EVERY, "Any sender"), *senders]
        topics = Template.objects.exclude(topic="").order_by("topic").values_list("topic", flat=True).distinct()
        _choices(self, "topic").choices = [(EVERY, "Any topic"), *[(topic, topic) for topic in topics]]

    def clean_recipient(self) -> E164:
        try:
            return parse_number(self.cleaned_data["recipient"], region=self.region)
        except NumberRefused as refusal:
            raise forms.ValidationError(f"{refusal.detail} {refusal.remedy}") from refusal


class LiftForm(forms.Form):
    proof = forms.CharField(
        label="How the person asked for messages again",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Their own words, the call or the form, with its date. It is kept as the proof.",
    )


class FilterForm(forms.Form):
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *ReviewState.choices])

    @property
    def chosen(self) -> str:
        """The state to show; empty for all, and for one that does not exist."""
        return str(self.cleaned_data["state"]) if self.is_valid() else ""


def _choices(form: forms.Form, name: str) -> Any:
    """A choice field whose choices are rows; django-stubs types `fields` too loosely to set them."""
    return form.fields[name]
