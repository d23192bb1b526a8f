"""A source inside the worker that answers by the end of the number, for demonstrations and tests.

A number that ends in 9191 and two digits asks for one answer; all others live with the operator they were allotted to.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from django import forms

from kernel.telecom.allotment import original_operator
from kernel.telecom.e164 import E164
from routing.errors import LookupConfigProblem
from routing.lookups.contract import LineType, LookupConfig, LookupResult, LookupStatus

MARK: Final = "9191"
SLOW: Final = "06"
BY_SUFFIX: Final[Mapping[str, LookupResult]] = {
    "01": LookupResult(LookupStatus.ABSENT),
    "02": LookupResult(LookupStatus.LIVE, LineType.MOBILE, "Reliance Jio", "Delhi", True),
    "03": LookupResult(LookupStatus.LIVE, LineType.LANDLINE, "BSNL", "Karnataka", False),
    "04": LookupResult(LookupStatus.UNKNOWN),
    "05": LookupResult(LookupStatus.ERROR, detail="the simulator was asked to fail"),
    SLOW: LookupResult(LookupStatus.LIVE, LineType.MOBILE, "Airtel", "Mumbai", False),
}


class SimulatorLookupForm(forms.Form):
    slow_ms = forms.IntegerField(
        min_value=0, max_value=60_000, initial=2_000, label="Milliseconds of a slow answer", help_text="Of …919106."
    )


class SimulatorSession:
    def __init__(self, slow_s: float) -> None:
        self._slow_s = slow_s

    async def ask(self, number: E164) -> LookupResult:
        suffix = number[-2:] if number[-6:-2] == MARK else ""
        if suffix == SLOW:
            await asyncio.sleep(self._slow_s)
        usual = LookupResult(LookupStatus.LIVE, LineType.MOBILE, original_operator(number), "", False)
        return BY_SUFFIX.get(suffix, usual)

    async def close(self) -> None:
        """There is nothing to end."""


class SimulatorLookup:
    kind: Final = "simulator"
    label: Final = "Simulator in the worker"
    settings_form: Final = SimulatorLookupForm
    secret_fields: Final[frozenset[str]] = frozenset()

    async def open(self, config: LookupConfig) -> SimulatorSession:
        form = SimulatorLookupForm(dict(config.settings))
        if not form.is_valid():
            name, problems = next(iter(form.errors.items()))
            raise LookupConfigProblem(f"{name}: {problems[0]}", field=name)
        return SimulatorSession(form.cleaned_data["slow_ms"] / 1_000)
