"""The table of refusals against a list in the order of the specification."""

from __future__ import annotations

import pytest

from kernel.smpp.constants import CommandStatus as S
from kernel.smpp.status_map import (
    IN_DOUBT,
    QUEUE_OF_NUMBER_FULL,
    STATUS_MAP,
    VENDOR,
    Action,
    ActionKind,
    action_for,
    action_for_nack,
)

LATER, OTHER, FINAL, CONFIG = (
    ActionKind.SAME_ROUTE_LATER,
    ActionKind.OTHER_ROUTE,
    ActionKind.FINAL,
    ActionKind.CONFIG_ERROR,
)
NONE = None
# Statuses, first step, tries, next step, alarm in bulk, error_code; from the specification's side, not from the table.
EXPECTED = [
    ([0x01], FINAL, NONE, NONE, False, "content_too_long"),
    ([0x02, 0x03], CONFIG, NONE, NONE, False, "route_protocol"),
    ([0x04], LATER, 1, OTHER, False, "route_unavailable"),
    ([0x05], LATER, NONE, NONE, False, "route_unavailable"),
    ([0x06, 0x07], CONFIG, NONE, NONE, False, "route_protocol"),
    ([0x08, 0x64], LATER, 3, OTHER, False, "operator_error"),
    ([0x0A], FINAL, NONE, NONE, True, "sender_not_allowed"),
    ([0x0B], FINAL, NONE, NONE, True, "invalid_number"),
    ([0x0C, 0x67], FINAL, NONE, NONE, False, "message_not_found"),
    ([0x0D], LATER, 5, CONFIG, False, "route_unavailable"),
    ([0x0E, 0x0F, 0x53], CONFIG, NONE, NONE, False, "route_credentials"),
    ([0x11, 0x13], FINAL, NONE, NONE, False, "cancel_too_late"),
    ([0x14, 0x58], LATER, NONE, NONE, False, "operator_congested"),
    ([0x15, 0x33, 0x34, 0x40, 0x44, 0x55, 0x42, 0x54, 0x43], CONFIG, NONE, NONE, False, "route_protocol"),
    ([0x45], LATER, 1, OTHER, True, "operator_rejected"),
    ([0x48, 0x49, 0x50, 0x51, 0x61, 0x62, 0x63], CONFIG, NONE, NONE, False, "route_protocol"),
    ([0x65, 0x66], FINAL, NONE, NONE, False, "operator_rejected"),
    ([0xC0, 0xC1, 0xC2, 0xC3, 0xC4], CONFIG, NONE, NONE, False, "route_protocol"),
    ([0xFE], FINAL, NONE, NONE, False, "undeliverable"),
    ([0xFF], LATER, 2, OTHER, False, "operator_error"),
    ([0x100, 0x101, 0x103], OTHER, 1, FINAL, False, "operator_rejected"),
    ([0x102], LATER, 3, OTHER, False, "operator_rejected"),
    ([0x104, 0x105, 0x106, *range(0x107, 0x113)], CONFIG, NONE, NONE, False, "route_protocol"),
    ([0x400, 0x40B, 0x4FF, 0x22, 0x5A, 0x94, 0xFFFFFFFF], OTHER, 1, FINAL, False, "operator_rejected"),
]
ROWS = [(status, *row[1:]) for row in EXPECTED for status in row[0]]


@pytest.mark.parametrize("row", ROWS)
def test_a_refusal_has_its_action(row: tuple[int, ActionKind, int | None, ActionKind | None, bool, str]) -> None:
    status, kind, tries, then, alarm, code = row
    action = action_for(status)
    assert (action.kind, action.max_tries, action.then, action.alarm, action.error_code) == (
        kind, tries, then, alarm, code,
    )  # fmt: skip


def test_every_status_of_the_specification_has_an_entry() -> None:
    assert {int(status) for status in S} - {0} == set(STATUS_MAP)
    assert set(STATUS_MAP) <= {status for status, *_ in ROWS}


def test_tries_that_end_lead_somewhere() -> None:
    limited = [action for action in {*STATUS_MAP.values(), VENDOR} if action.max_tries is not None]
    assert limited
    assert all(action.then is not None for action in limited)
    assert action_for(S.RSYSERR).then is OTHER
    assert action_for(S.RBINDFAIL).then is CONFIG
    assert action_for(0x400).then is FINAL


def test_congestion_never_counts_as_a_try() -> None:
    uncounted = {status for status, action in STATUS_MAP.items() if not action.counts_as_try}
    assert uncounted == {S.RTHROTTLED, S.RMSGQFUL, S.RALYBND}


def test_refused_senders_and_numbers_raise_an_alarm_in_bulk() -> None:
    assert {status for status, action in STATUS_MAP.items() if action.alarm} == {
        S.RINVSRCADR,
        S.RINVDSTADR,
        S.RSUBMITFAIL,
    }
    assert action_for(S.RINVDSTADR).trust_our_number_check


@pytest.mark.parametrize("status", [S.RMISSINGOPTPARAM, S.RINVOPTPARAMVAL])
def test_a_complaint_about_tlvs_is_about_registration_when_we_sent_it(status: S) -> None:
    assert action_for(status, registration_tlvs_sent=True) == Action(FINAL, "dlt_parameters")
    assert action_for(S.RSYSERR, registration_tlvs_sent=True) == action_for(S.RSYSERR)


def test_a_routes_own_map_goes_first() -> None:
    no_balance = Action(CONFIG, "operator_rejected")
    overrides = {0x40B: no_balance}
    assert action_for(0x40B, overrides=overrides) is no_balance
    assert action_for(0x40C, overrides=overrides) is VENDOR


def test_a_complaint_about_a_legal_length_is_about_the_route() -> None:
    assert action_for(S.RINVMSGLEN, is_legal_length=True) == Action(CONFIG, "route_protocol")
    assert action_for(S.RSYSERR, is_legal_length=True) == action_for(S.RSYSERR)


def test_the_full_queue_of_one_number_delays_that_message_only() -> None:
    assert (QUEUE_OF_NUMBER_FULL.kind, QUEUE_OF_NUMBER_FULL.counts_as_try) == (LATER, False)
    assert QUEUE_OF_NUMBER_FULL.pause_s > 0 == action_for(S.RMSGQFUL).pause_s


def test_ok_is_no_refusal() -> None:
    with pytest.raises(ValueError, match="no refusal"):
        action_for(0)


def test_a_nack_is_as_its_status_but_a_fault_of_the_connection() -> None:
    assert action_for_nack(S.RTHROTTLED).kind is LATER
    assert {action_for_nack(status).error_code for status in (0, 3, 0x58, 0x400)} == {"route_protocol"}
    assert action_for_nack(0).kind is CONFIG


def test_silence_is_in_doubt() -> None:
    assert (IN_DOUBT.kind, IN_DOUBT.error_code) == (ActionKind.IN_DOUBT, "outcome_unknown")
