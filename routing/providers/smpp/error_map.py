"""A route's own table of refusals: what the operator's vendor codes mean, one line each, written by staff.

0x40B = FINAL operator_rejected
1025  = THROTTLED
# a remark
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from kernel.domain.catalogue import CATALOGUE
from kernel.smpp.status_map import Action, ActionKind

_LINE: Final = re.compile(r"(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})\s*=\s*([A-Za-z]+)(?:\s+([a-z_]+))?")
_ROK: Final = 0
_HIGHEST: Final = 0xFFFFFFFF
_TRIES: Final = 3

_STEPS: Final[Mapping[str, Action]] = {
    "LATER": Action(ActionKind.SAME_ROUTE_LATER, "operator_error", _TRIES, ActionKind.OTHER_ROUTE),
    "OTHER": Action(ActionKind.OTHER_ROUTE, "operator_rejected", 1, ActionKind.FINAL),
    "FINAL": Action(ActionKind.FINAL, "operator_rejected"),
    "CONFIG": Action(ActionKind.CONFIG_ERROR, "route_protocol"),
    "THROTTLED": Action(ActionKind.SAME_ROUTE_LATER, "operator_congested", counts_as_try=False),
}


class ErrorMapProblem(ValueError):
    """A line that cannot be read; its text says which and why."""


def read_error_map(text: str) -> Mapping[int, Action]:
    """command_status → action.

    Raises:
        ErrorMapProblem: the first line that is wrong.
    """
    actions: dict[int, Action] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line:
            continue
        status, action = _read(line, f"line {number}")
        if status in actions:
            raise ErrorMapProblem(f"line {number}: the code {status:#x} stands on an earlier line already")
        actions[status] = action
    return MappingProxyType(actions)


def _read(line: str, where: str) -> tuple[int, Action]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ErrorMapProblem(f"{where}: write it like “0x40B = FINAL operator_rejected”, not “{line[:40]}”")
    digits, step, error_code = found.groups()
    status = int(digits, 16 if digits[:2].lower() == "0x" else 10)
    if not _ROK < status <= _HIGHEST:
        raise ErrorMapProblem(f"{where}: {digits} is no code of a refusal; they go from 1 to 0xFFFFFFFF")
    action = _STEPS.get(step.upper())
    if action is None:
        raise ErrorMapProblem(f"{where}: {step} is none of {', '.join(_STEPS)}")
    if error_code is None:
        return status, action
    if error_code not in CATALOGUE:
        raise ErrorMapProblem(f"{where}: no error is called {error_code}; customers are told by the known names only")
    if step.upper() == "THROTTLED":
        raise ErrorMapProblem(f"{where}: THROTTLED takes no name, the message is not refused")
    return status, Action(action.kind, error_code, action.max_tries, action.then, counts_as_try=action.counts_as_try)
