"""command_status of a response → what to do with the message: the one table of this project.

Names and numbers are those of 3.4 section 5.1.3 and 5.0 section 4.7.6; the actions are our rule
(docs/rules.md#refusals-by-operators).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kernel.smpp.constants import CommandStatus as S


class ActionKind(StrEnum):
    """First step; `Action.then` is the next one when the tries are used up."""

    SAME_ROUTE_LATER = "same_route_later"
    OTHER_ROUTE = "other_route"
    FINAL = "final"
    CONFIG_ERROR = "config_error"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Action:
    """What a refusal means.

    `max_tries`: tries of this kind before `then`; None is no limit but the validity. `counts_as_try`: False for
    congestion, which says nothing about the message. `alarm`: disable the route when over 20 % of 5 minutes' traffic
    end so. `trust_our_number_check`: one try on another route first when our own check says the number is valid.
    `pause_s`: the message waits so long by itself, others of the route do not.
    config_error means: disable the route, alert, send the message elsewhere.
    """

    kind: ActionKind
    error_code: str
    max_tries: int | None = None
    then: ActionKind | None = None
    alarm: bool = False
    counts_as_try: bool = True
    trust_our_number_check: bool = False
    pause_s: float = 0.0


def _later(error_code: str, tries: int, *, then: ActionKind = ActionKind.OTHER_ROUTE, alarm: bool = False) -> Action:
    return Action(ActionKind.SAME_ROUTE_LATER, error_code, tries, then, alarm)


def _final(error_code: str, *, alarm: bool = False) -> Action:
    return Action(ActionKind.FINAL, error_code, alarm=alarm)


_PROTOCOL: Final = Action(ActionKind.CONFIG_ERROR, "route_protocol")
_CREDENTIALS: Final = Action(ActionKind.CONFIG_ERROR, "route_credentials")
_CONGESTED: Final = Action(ActionKind.SAME_ROUTE_LATER, "operator_congested", counts_as_try=False)
_REFUSED: Final = _final("operator_rejected")
_ELSEWHERE: Final = Action(ActionKind.OTHER_ROUTE, "operator_rejected", 1, ActionKind.FINAL)
_DLT: Final = _final("dlt_parameters")

IN_DOUBT: Final = Action(ActionKind.IN_DOUBT, "outcome_unknown")
"""No answer in time, or the link was lost after the write: the message may be on its way."""
QUEUE_OF_NUMBER_FULL: Final = replace(_CONGESTED, pause_s=5.0)
"""RMSGQFUL while others pass: it is this number's queue, so nothing but the message waits."""
VENDOR: Final = _ELSEWHERE
"""Every status without an entry: 0x400 to 0x4FF and whatever centres invent. Keep the number and the text for
people."""

STATUS_MAP: Final[Mapping[int, Action]] = {
    S.RINVMSGLEN: _final("content_too_long"),
    S.RINVCMDLEN: _PROTOCOL,
    S.RINVCMDID: _PROTOCOL,
    S.RINVBNDSTS: _later("route_unavailable", 1),
    # At bind the old socket is still alive there: a matter of 30 to 60 s, however often.
    S.RALYBND: Action(ActionKind.SAME_ROUTE_LATER, "route_unavailable", counts_as_try=False),
    S.RINVPRTFLG: _PROTOCOL,
    S.RINVREGDLVFLG: _PROTOCOL,
    S.RSYSERR: _later("operator_error", 3),
    S.RINVSRCADR: _final("sender_not_allowed", alarm=True),
    S.RINVDSTADR: Action(ActionKind.FINAL, "invalid_number", alarm=True, trust_our_number_check=True),
    S.RINVMSGID: _final("message_not_found"),
    # Also wrong password, address or too many binds: after five tries somebody must look.
    S.RBINDFAIL: _later("route_unavailable", 5, then=ActionKind.CONFIG_ERROR),
    S.RINVPASWD: _CREDENTIALS,
    S.RINVSYSID: _CREDENTIALS,
    S.RCANCELFAIL: _final("cancel_too_late"),
    S.RREPLACEFAIL: _final("cancel_too_late"),
    S.RMSGQFUL: _CONGESTED,
    S.RINVSERTYP: _PROTOCOL,
    S.RINVNUMDESTS: _PROTOCOL,
    S.RINVDLNAME: _PROTOCOL,
    S.RINVDESTFLAG: _PROTOCOL,
    S.RINVSUBREP: _PROTOCOL,
    # A refused UDH: the route needs another way of joining parts.
    S.RINVESMCLASS: _PROTOCOL,
    S.RCNTSUBDL: _PROTOCOL,
    # Window, credit, sender or text: it stands for anything.
    S.RSUBMITFAIL: _later("operator_rejected", 1, alarm=True),
    S.RINVSRCTON: _PROTOCOL,
    S.RINVSRCNPI: _PROTOCOL,
    S.RINVDSTTON: _PROTOCOL,
    S.RINVDSTNPI: _PROTOCOL,
    S.RINVSYSTYP: _CREDENTIALS,
    S.RINVREPFLAG: _PROTOCOL,
    S.RINVNUMMSGS: _PROTOCOL,
    S.RTHROTTLED: _CONGESTED,
    S.RINVSCHED: _PROTOCOL,
    S.RINVEXPIRY: _PROTOCOL,
    S.RINVDFTMSGID: _PROTOCOL,
    S.RX_T_APPN: _later("operator_error", 3),
    S.RX_P_APPN: _REFUSED,
    S.RX_R_APPN: _REFUSED,
    S.RQUERYFAIL: _final("message_not_found"),
    S.RINVOPTPARSTREAM: _PROTOCOL,
    S.ROPTPARNOTALLWD: _PROTOCOL,
    S.RINVPARLEN: _PROTOCOL,
    # As without registration TLVs; `action_for` knows better when they were sent.
    S.RMISSINGOPTPARAM: _PROTOCOL,
    S.RINVOPTPARAMVAL: _PROTOCOL,
    S.RDELIVERYFAILURE: _final("undeliverable"),
    S.RUNKNOWNERR: _later("operator_error", 2),
    S.RSERTYPUNAUTH: _ELSEWHERE,
    S.RPROHIBITED: _ELSEWHERE,
    S.RSERTYPUNAVAIL: _later("operator_rejected", 3),
    S.RSERTYPDENIED: _ELSEWHERE,
    S.RINVDCS: _PROTOCOL,
    S.RINVSRCADDRSUBUNIT: _PROTOCOL,
    S.RINVDSTADDRSUBUNIT: _PROTOCOL,
    **dict.fromkeys(range(S.RINVBCASTFREQINT, S.RINVBCASTCHANIND + 1), _PROTOCOL),
}

_REGISTRATION: Final = frozenset({S.RMISSINGOPTPARAM, S.RINVOPTPARAMVAL})


def action_for(
    status: int,
    *,
    registration_tlvs_sent: bool = False,
    is_legal_length: bool = False,
    overrides: Mapping[int, Action] | None = None,
) -> Action:
    """What to do about a refused submit_sm (or bind, query, cancel).

    `overrides` is the route's own map and goes first. `registration_tlvs_sent`: 0x1400 and 0x1401 were in the PDU, so
    that a complaint about TLVs is about their content. `is_legal_length`: the text fits one SMS, so that a complaint
    about its length is about the route. Raises ValueError for ROK, which is no refusal.
    """
    if status == S.ROK:
        raise ValueError("ESME_ROK is no refusal")
    if overrides is not None and status in overrides:
        return overrides[status]
    if registration_tlvs_sent and status in _REGISTRATION:
        return _DLT
    if is_legal_length and status == S.RINVMSGLEN:
        return _PROTOCOL
    return STATUS_MAP.get(status, VENDOR)


def action_for_nack(status: int) -> Action:
    """What to do about a generic_nack with our sequence: as its status, but told as a fault of the connection.

    A nack of ROK makes no sense and is treated as a refused command.
    """
    return replace(action_for(status or S.RINVCMDID), error_code="route_protocol")
