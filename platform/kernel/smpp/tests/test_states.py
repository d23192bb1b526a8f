"""The tables of the state machine, without a session."""

from __future__ import annotations

import pytest

from kernel.smpp.constants import BindKind, CommandId
from kernel.smpp.states import (
    ACCEPTED,
    BOUND,
    BULK_REQUEST,
    REQUESTS,
    SIGNAL_OF_KIND,
    TRANSITIONS,
    Role,
    Signal,
    State,
    accepted_in,
)


def test_every_state_has_a_row_and_every_target_is_a_state() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(target in TRANSITIONS for row in TRANSITIONS.values() for target in row.values())


def test_closed_is_the_only_end_and_is_reached_from_everywhere() -> None:
    assert [state for state, row in TRANSITIONS.items() if not row] == [State.CLOSED]
    assert all(row[Signal.LOST] is State.CLOSED for state, row in TRANSITIONS.items() if state is not State.CLOSED)


@pytest.mark.parametrize("kind", list(BindKind))
def test_every_kind_of_bind_leads_from_binding_to_a_bound_state(kind: BindKind) -> None:
    state = TRANSITIONS[State.BINDING][SIGNAL_OF_KIND[kind]]
    assert state.is_bound
    assert state.value.removeprefix("bound_") == {1: "rx", 2: "tx", 9: "trx"}[kind]


def test_a_peer_may_ask_to_end_in_every_state_but_closed() -> None:
    assert all(Signal.UNBIND_REQUESTED in TRANSITIONS[state] for state in State if state is not State.CLOSED)


@pytest.mark.parametrize("role", list(Role))
def test_requests_go_out_only_while_bound(role: Role) -> None:
    assert all(states <= BOUND for states in REQUESTS[role].values())
    assert BULK_REQUEST[role] in REQUESTS[role]


@pytest.mark.parametrize(("role", "peer"), [(Role.ESME, Role.SMSC), (Role.SMSC, Role.ESME)])
def test_nothing_is_accepted_that_the_peers_role_may_not_send(role: Role, peer: Role) -> None:
    assert set(ACCEPTED[role]) <= set(REQUESTS[peer])


def test_what_is_accepted_depends_on_the_kind_of_bind() -> None:
    assert CommandId.SUBMIT_SM in accepted_in(Role.SMSC, State.BOUND_TX)
    assert accepted_in(Role.SMSC, State.BOUND_RX) == accepted_in(Role.SMSC, State.OPEN) == frozenset()
    assert CommandId.DELIVER_SM in accepted_in(Role.ESME, State.BOUND_TX)
    assert CommandId.SUBMIT_SM not in accepted_in(Role.ESME, State.BOUND_TRX)
