"""Forms of the console's pages about queues."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms

from kernel.domain.traffic import TrafficClass
from messaging.services.doubt import Settled
from messaging.services.selecting import Selection
from messaging.services.surgery import Action, Order
from routing.models import Route
from tenants.models import Tenant

ACTIONS: Final = [
    ("", "Choose"),
    (Action.MOVE.value, "Move to another route"),
    (Action.HOLD.value, "Hold"),
    (Action.RESUME.value, "Resume what staff hold"),
    (Action.EXPIRE.value, "Expire, money back"),
]
CLASSES: Final = [("", "All"), *((str(int(each)), each.label.capitalize()) for each in TrafficClass)]


class SelectionForm(forms.Form):
    """Which batches, and what to do with them; what is left open selects everything."""

    route = forms.ModelChoiceField(Route.objects.all(), required=False, empty_label="All")
    tenant = forms.ModelChoiceField(Tenant.objects.all(), required=False, label="Organisation", empty_label="All")
    traffic_class = forms.ChoiceField(choices=CLASSES, required=False, label="Class")
    sender = forms.CharField(max_length=21, required=False, label="Sender ID")
    campaign = forms.UUIDField(required=False, label="Campaign", help_text="Its id, as in its address.")
    minutes = forms.IntegerField(
        min_value=0, max_value=100_000, required=False, label="Waiting for minutes", help_text="Or longer."
    )
    action = forms.ChoiceField(choices=ACTIONS, label="Do")
    target = forms.ModelChoiceField(
        Route.objects.all(), required=False, label="To route", help_text="Only to move.", empty_label="None"
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("action") == Action.MOVE and not given.get("target"):
            self.add_error("target", "Choose the route to move to.")
        return given

    def what(self) -> list[forms.BoundField]:
        """The fields that select."""
        return [self[name] for name in ("route", "tenant", "traffic_class", "sender", "campaign", "minutes")]

    def then(self) -> list[forms.BoundField]:
        """The fields that say what is done."""
        return [self["action"], self["target"]]

    def order(self, now: datetime) -> Order:
        given = self.cleaned_data
        selection = Selection(
            now,
            route_id=given["route"].pk if given["route"] else None,
            tenant_id=given["tenant"].pk if given["tenant"] else None,
            traffic_class=int(given["traffic_class"]) if given["traffic_class"] else None,
            sender=given["sender"],
            campaign_id=given["campaign"],
            waiting=timedelta(minutes=given["minutes"] or 0),
        )
        action = Action(given["action"])
        return Order(action, selection, target=given["target"].pk if action is Action.MOVE else None)


class SettleForm(forms.Form):
    route = forms.ModelChoiceField(Route.objects.all(), required=False, empty_label="All")
    minutes = forms.IntegerField(min_value=1, max_value=100_000, initial=60, label="In doubt for minutes")
    ending = forms.ChoiceField(
        choices=[
            (Settled.UNKNOWN.value, "Unknown: a receipt may still correct it"),
            (Settled.FAILED.value, "Failed: the operator has none of them"),
            (Settled.SUBMITTED.value, "Submitted: wait for receipts"),
        ],
        label="Settle as",
    )

    def order(self, now: datetime) -> Order:
        given = self.cleaned_data
        route_id = given["route"].pk if given["route"] else None
        selection = Selection(now, route_id=route_id, waiting=timedelta(minutes=given["minutes"]))
        return Order(Action.SETTLE, selection, ending=Settled(given["ending"]))
