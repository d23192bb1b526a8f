"""What to do with a message whose submit was not simply accepted (docs/rules.md#refusals-by-operators). Pure."""

from __future__ import annotations

from enum import Enum
from typing import Final

from kernel.domain.traffic import TrafficClass
from messaging.statuses import Status
from routing.contract import Action, ActionKind

FIRST_PAUSE_S: Final = 1.0
# So long a passcode bears with an operator that only says it is too busy.
PASSCODE_PATIENCE_S: Final = 5.0


class Verdict(Enum):
    # May be with the operator and is not risked twice: counts as submitted, receipt or time decides.
    COUNTS_AS_SENT = "counts as sent"
    AGAIN = "again"
    ELSEWHERE = "elsewhere"
    REJECTED = "rejected"


def judge(
    action: Action,
    *,
    tries: int,
    moves: int,
    doubts: int,
    traffic_class: int,
    has_candidates: bool,
    congested_s: float = 0.0,
) -> Verdict:
    """
    Args:
        tries: submits of this message on this route so far, this one included.
        moves: routes it was on before.
        doubts: times it was in doubt before.
        congested_s: how long the operator has said nothing but that it is too busy; 0 for other refusals.
    """
    if traffic_class == TrafficClass.OTP and has_candidates and congested_s >= PASSCODE_PATIENCE_S:
        verdict = Verdict.ELSEWHERE
    else:
        verdict = _verdict(
            action, tries=tries, moves=moves, doubts=doubts, traffic_class=traffic_class, has_candidates=has_candidates
        )
    # The refusal is about this attempt only: an operator may have taken the one before.
    return Verdict.COUNTS_AS_SENT if doubts and verdict is not Verdict.AGAIN else verdict


def _verdict(
    action: Action, *, tries: int, moves: int, doubts: int, traffic_class: int, has_candidates: bool
) -> Verdict:
    kind = action.kind
    if kind is ActionKind.IN_DOUBT:
        is_risked = traffic_class != TrafficClass.PROMOTIONAL and not doubts
        return Verdict.AGAIN if is_risked else Verdict.COUNTS_AS_SENT
    if kind is ActionKind.SAME_ROUTE_LATER:
        has_tries = not action.counts_as_try or action.max_tries is None or tries < action.max_tries
        return Verdict.AGAIN if has_tries else _then(action)
    if kind is ActionKind.OTHER_ROUTE:
        is_used_up = action.max_tries is not None and moves >= action.max_tries
        return _then(action) if is_used_up else Verdict.ELSEWHERE
    if kind is ActionKind.FINAL:
        is_second_opinion = action.trust_our_number_check and has_candidates and not moves
        return Verdict.ELSEWHERE if is_second_opinion else Verdict.REJECTED
    return Verdict.ELSEWHERE


def _then(action: Action) -> Verdict:
    return Verdict.REJECTED if action.then is ActionKind.FINAL else Verdict.ELSEWHERE


def end_of(verdict: Verdict, action: Action, *, others_pass: bool) -> tuple[Status, str]:
    """Status and error code of a message that no route is left for.

    Args:
        others_pass: the operator took others meanwhile; its temporary errors, time after time, are then a refusal.
    """
    if verdict is Verdict.REJECTED:
        return Status.REJECTED, action.error_code
    if others_pass and action.kind is ActionKind.SAME_ROUTE_LATER and action.error_code == "operator_error":
        return Status.REJECTED, "operator_rejected"
    return Status.FAILED, action.error_code


def pause_s(action: Action, tries: int) -> float:
    """Seconds before the same message is tried again. Congestion needs none of ours: the link itself pauses."""
    if action.pause_s:
        return action.pause_s
    return FIRST_PAUSE_S * 2 ** (tries - 1) if action.counts_as_try and action.kind is not ActionKind.IN_DOUBT else 0.0


def worst(actions: list[Action]) -> Action:
    """Of the refusals of a message's parts, the one that decides about the message."""
    return min(actions, key=lambda action: _WEIGHT[action.kind])


_WEIGHT: Final = {
    ActionKind.FINAL: 0,
    ActionKind.IN_DOUBT: 1,
    ActionKind.CONFIG_ERROR: 2,
    ActionKind.OTHER_ROUTE: 3,
    ActionKind.SAME_ROUTE_LATER: 4,
}
