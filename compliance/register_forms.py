"""Shapes of what people enter about portal records; rules are the services'."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms

from compliance.models import Chain, Entity, Telemarketer
from compliance.models.portal import PortalRecord
from compliance.portal_moves import STATES, Step
from compliance.services.portal import Told
from compliance.statuses import (
    LinkKind,
    PortalKind,
    PortalState,
    StateSource,
    Suspension,
    TelemarketerRole,
)

_TOLD: Final = ("portal_state", "suspended_for", "state_reason", "valid_from", "valid_to")


def day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ToldForm(forms.Form):
    """What a portal says of one record, last in its form."""

    portal_kind: ClassVar[PortalKind]

    portal_state = forms.ChoiceField(label="State on the portal", initial=PortalState.ACTIVE)
    suspended_for = forms.ChoiceField(label="If suspended, because", required=False, choices=Suspension.choices)
    state_reason = forms.CharField(
        label="Reason", max_length=300, required=False, help_text="In the portal's words, where it gives one."
    )
    valid_from = forms.DateField(label="Valid from", required=False, widget=day_input())
    valid_to = forms.DateField(
        label="Last day", required=False, widget=day_input(), help_text="It is suspended when this day is over."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for name in self.fields if name not in _TOLD])
        _choices(self, "portal_state").choices = [(state.value, state.label) for state in STATES[self.portal_kind]]

    def told(self) -> Told:
        """The portal's word, of a form that is valid."""
        said = self.cleaned_data
        return Told(
            PortalState(said["portal_state"]),
            said["state_reason"],
            StateSource.USER,
            Suspension(said["suspended_for"]),
            said["valid_from"],
            said["valid_to"],
        )


def standing_word(record: PortalRecord | None) -> dict[str, Any]:
    """What stands, as initial values of a `ToldForm`."""
    return {name: getattr(record, name) for name in _TOLD} if record else {}


class TelemarketerForm(ToldForm):
    portal_kind = PortalKind.TELEMARKETER

    telemarketer_id = forms.CharField(label="Telemarketer id", max_length=40, help_text="19 digits, from your portal.")
    name = forms.CharField(label="Name", max_length=200)
    role = forms.ChoiceField(label="Function", choices=TelemarketerRole.choices)


class ChainForm(forms.Form):
    """The ids in the order of the way; the entity's own comes first by itself."""

    telemarketers = forms.CharField(
        label="Telemarketers",
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="One id a line in the order of the way; last the one that hands over to the operator.",
    )

    def __init__(self, *args: Any, entity: Entity, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = Telemarketer.objects.filter(entity=entity, portal_state=PortalState.ACTIVE).order_by("role", "pk")
        self.fields["telemarketers"].initial = "\n".join(active.values_list("telemarketer_id", flat=True))

    def ids(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["telemarketers"].splitlines() if line.strip()]


class StepForm(forms.Form):
    step = forms.ChoiceField(choices=[(step.value, step.value) for step in Step], widget=forms.HiddenInput)
    reason = forms.CharField(label="Reason", max_length=300, required=False)


class ChainToldForm(ToldForm):
    portal_kind = Chain.portal_kind


class _OfEntity(ToldForm):
    entity = forms.TypedChoiceField(label="Entity", coerce=UUID)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = Entity.objects.order_by("legal_name")
        _choices(self, "entity").choices = [(str(entity.pk), str(entity)) for entity in entities]


class LinkForm(_OfEntity):
    portal_kind = PortalKind.LINK

    kind = forms.ChoiceField(label="Kind", choices=LinkKind.choices)
    value = forms.CharField(
        label="Link, number or address",
        max_length=500,
        help_text="As registered: a dynamic link ends in “?”, a short link carries its header in the path.",
    )
    header = forms.CharField(label="Header", max_length=20, required=False, help_text="Of a short link only.")
    registration_id = forms.CharField(label="Registration id", max_length=64, required=False)


class ConsentTemplateForm(_OfEntity):
    portal_kind = PortalKind.CONSENT_TEMPLATE

    name = forms.CharField(label="Name", max_length=120)
    brand = forms.CharField(label="Brand", max_length=120, help_text="Whom people give their consent to.")
    scope = forms.CharField(
        label="Scope",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What they agree to receive, in the words they are shown.",
    )
    dlt_consent_id = forms.CharField(label="Consent template id", max_length=40, required=False)


def _choices(form: forms.Form, name: str) -> Any:
    """A choice field whose choices are rows; django-stubs types `fields` too loosely to set them."""
    return form.fields[name]
