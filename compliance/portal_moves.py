"""The lives of portal records as tables: which step leads from which state to which.

A portal is recorded as told, whatever the tables say (`is_expected` tells what is odd about it); the steps that people
take here, such as those of a chain, go by the tables alone. The states in words: docs/rules.md#states-on-the-portal.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from compliance.statuses import PortalKind, PortalState
from kernel.domain.transitions import Machine

S = PortalState


class Step(StrEnum):
    SUBMIT = "submit"
    ACCEPT = "accept"
    COMPLETE = "complete"
    APPROVE = "approve"
    REJECT = "reject"
    SUSPEND = "suspend"
    RESUME = "resume"
    BLACKLIST = "blacklist"
    END = "end"


_Exits = Mapping[Step, PortalState]


def _in_use(end: PortalState) -> dict[PortalState, _Exits]:
    """What active and suspended have in common for every kind."""
    leaving = {Step.BLACKLIST: S.BLACKLISTED, Step.END: end}
    return {
        S.ACTIVE: {Step.SUSPEND: S.SUSPENDED, **leaving},
        S.SUSPENDED: {Step.RESUME: S.ACTIVE, **leaving},
        S.BLACKLISTED: {},
        end: {},
    }


_PENDING: Final[_Exits] = {Step.APPROVE: S.ACTIVE, Step.REJECT: S.REJECTED}
_DRAFT: Final[_Exits] = {Step.SUBMIT: S.PENDING}

MOVES: Final[Mapping[PortalKind, Machine[PortalState, Step]]] = {
    PortalKind.ENTITY: Machine({S.DRAFT: _DRAFT, S.PENDING: _PENDING, S.REJECTED: {}, **_in_use(S.CLOSED)}),
    PortalKind.TELEMARKETER: Machine({S.ADDED: _DRAFT, S.PENDING: _PENDING, S.REJECTED: {}, **_in_use(S.REVOKED)}),
    PortalKind.HEADER: Machine({S.PENDING: _PENDING, S.REJECTED: {}, **_in_use(S.RETIRED)}),
    PortalKind.TEMPLATE: Machine({S.DRAFT: _DRAFT, S.PENDING: _PENDING, S.REJECTED: {}, **_in_use(S.RETIRED)}),
    PortalKind.LINK: Machine({S.PENDING: _PENDING, S.REJECTED: {}, **_in_use(S.REVOKED)}),
    PortalKind.CONSENT_TEMPLATE: Machine({S.PENDING: _PENDING, S.REJECTED: {}, **_in_use(S.REVOKED)}),
    # Each telemarketer accepts in its turn, the delivery function last; then the entity approves for good.
    PortalKind.CHAIN: Machine(
        {
            S.DRAFT: {Step.SUBMIT: S.AWAITING_TM},
            S.AWAITING_TM: {Step.ACCEPT: S.AWAITING_TM, Step.COMPLETE: S.AWAITING_PE, Step.REJECT: S.DECLINED},
            S.AWAITING_PE: {Step.APPROVE: S.ACTIVE, Step.REJECT: S.DECLINED},
            S.DECLINED: {},
            **_in_use(S.REVOKED),
        }
    ),
}
STATES: Final[Mapping[PortalKind, tuple[PortalState, ...]]] = {
    kind: tuple(state for state in PortalState if state in machine.states) for kind, machine in MOVES.items()
}
# The words of one kind that portals use for another one's: a file says “retired” of an entity that is closed.
_SAME: Final = (S.RETIRED, S.REVOKED, S.CLOSED), (S.REJECTED, S.DECLINED), (S.PENDING, S.ADDED, S.AWAITING_TM)


def as_told(kind: PortalKind, state: PortalState) -> PortalState:
    """The state of this kind that a portal's word stands for."""
    if state in STATES[kind]:
        return state
    alike = next((group for group in _SAME if state in group), ())
    return next((each for each in alike if each in STATES[kind]), PortalState.PENDING)


def is_expected(kind: PortalKind, before: PortalState, after: PortalState) -> bool:
    """Whether one step of the table leads there; staying is expected too."""
    machine = MOVES[kind]
    if before == after or before not in machine.states:
        return True
    return after in {machine.next(before, step) for step in Step}
