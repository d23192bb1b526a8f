"""An operator inside the dispatcher: no socket, no other process; for demonstrations, tests and trying out a plan."""

from __future__ import annotations

from typing import Final

from django import forms

from routing.contract import LinkHandler, RouteConfig
from routing.errors import RouteConfigProblem
from routing.providers.simulator.link import SimulatorLink, SimulatorSettings


class SimulatorSettingsForm(forms.Form):
    receipt_delay_ms = forms.IntegerField(min_value=0, max_value=3_600_000, initial=200)
    delivered_ratio = forms.FloatField(min_value=0, max_value=1, initial=1.0)
    seed = forms.IntegerField(min_value=0, initial=1, help_text="The same seed repeats the same outcomes.")


class SimulatorProvider:
    kind: Final = "simulator"
    label: Final = "Simulator in the dispatcher"
    settings_form: Final = SimulatorSettingsForm
    secret_fields: Final[frozenset[str]] = frozenset()

    async def open(self, config: RouteConfig, handler: LinkHandler) -> SimulatorLink:
        form = SimulatorSettingsForm(dict(config.settings))
        if not form.is_valid():
            name, problems = next(iter(form.errors.items()))
            raise RouteConfigProblem(f"{name}: {problems[0]}", field=name)
        link = SimulatorLink(config, SimulatorSettings(**form.cleaned_data), handler)
        link.start()
        return link
