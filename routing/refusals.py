"""The steps by which staff say what an operator's own codes mean, shared by all kinds of route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kernel.domain.catalogue import CATALOGUE
from kernel.smpp.status_map import Action, ActionKind

_TRIES: Final = 3

STEPS: Final[Mapping[str, Action]] = {
    "LATER": Action(ActionKind.SAME_ROUTE_LATER, "operator_error", _TRIES, ActionKind.OTHER_ROUTE),
    "OTHER": Action(ActionKind.OTHER_ROUTE, "operator_rejected", 1, ActionKind.FINAL),
    "FINAL": Action(ActionKind.FINAL, "operator_rejected"),
    "CONFIG": Action(ActionKind.CONFIG_ERROR, "route_protocol"),
    "THROTTLED": Action(ActionKind.SAME_ROUTE_LATER, "operator_congested", counts_as_try=False),
}


class RefusalProblem(ValueError):
    """A step that cannot be read; its text says why."""


def read_step(step: str, error_code: str | None) -> Action:
    """The action of a step, under the name that customers are told, where one is given.

    Raises:
        RefusalProblem: no such step, no such name, or a name where none belongs.
    """
    action = STEPS.get(step.upper())
    if action is None:
        raise RefusalProblem(f"{step} is none of {', '.join(STEPS)}")
    if error_code is None:
        return action
    if error_code not in CATALOGUE:
        raise RefusalProblem(f"no error is called {error_code}; customers are told by the known names only")
    if step.upper() == "THROTTLED":
        raise RefusalProblem("THROTTLED takes no name, the message is not refused")
    return Action(action.kind, error_code, action.max_tries, action.then, counts_as_try=action.counts_as_try)
