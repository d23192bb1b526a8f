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

from kernel.smpp.status_map import Action
from routing.refusals import RefusalProblem, read_step

_LINE: Final = re.compile(r"(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})\s*=\s*([A-Za-z]+)(?:\s+([a-z_]+))?")
_ROK: Final = 0
_HIGHEST: Final = 0xFFFFFFFF


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
    try:
        return status, read_step(step, error_code)
    except RefusalProblem as problem:
        raise ErrorMapProblem(f"{where}: {problem}") from problem
