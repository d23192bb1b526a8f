"""A carrier that speaks lines of JSON over TCP."""

from __future__ import annotations

from typing import Final

from django import forms

from carrier_plugin.link import CarrierLink, Timing
from routing.contract import LinkHandler, RouteConfig
from routing.errors import RouteConfigProblem

__all__ = ["CarrierForm", "CarrierLink", "CarrierProvider", "Timing"]


class CarrierForm(forms.Form):
    host = forms.CharField(max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65_535, initial=4050)
    account = forms.CharField(max_length=40)
    key = forms.CharField(max_length=200, widget=forms.PasswordInput)


class CarrierProvider:
    kind: Final = "carrier"
    label: Final = "JSON lines carrier"
    settings_form: Final = CarrierForm
    secret_fields: Final = frozenset({"key"})

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()

    async def open(self, config: RouteConfig, handler: LinkHandler) -> CarrierLink:
        # What is stored may be older than the form.
        form = CarrierForm({**config.settings, **config.secrets})
        if not form.is_valid():
            name, problems = next(iter(form.errors.items()))
            raise RouteConfigProblem(f"{name}: {problems[0]}", field=name)
        link = CarrierLink(config, handler, self._timing)
        link.start()
        return link
