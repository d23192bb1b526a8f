"""The state machine of a session (SMPP 3.4 sections 2.2 and 2.3). Everything that decides a state lives in this file.

The tables know nothing of octets, time or windows. A pair of state and signal that is not in TRANSITIONS is a mistake:
ours (LocalProtocolError) when we wanted to send, the peer's (answered with a status) when it came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from kernel.smpp.constants import BindKind, CommandId


class Role(Enum):
    """Which end we are: the sender of messages (ESME) or the centre (SMSC)."""

    ESME = "esme"
    SMSC = "smsc"


class State(Enum):
    """3.4 section 2.2; BINDING and UNBINDING are the times between request and response."""

    OPEN = "open"
    BINDING = "binding"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"

    @property
    def is_bound(self) -> bool:
        return self in BOUND


class Signal(Enum):
    """What moves a session, the same for both roles."""

    BIND_REQUESTED = "bind_requested"
    BIND_REFUSED = "bind_refused"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBIND_REQUESTED = "unbind_requested"
    UNBOUND = "unbound"
    LOST = "lost"


BOUND: Final = frozenset({State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX})

SIGNAL_OF_KIND: Final[Mapping[int, Signal]] = {
    BindKind.TRANSMITTER: Signal.BOUND_TX,
    BindKind.RECEIVER: Signal.BOUND_RX,
    BindKind.TRANSCEIVER: Signal.BOUND_TRX,
}

_WHILE_BOUND: Final = {Signal.UNBIND_REQUESTED: State.UNBINDING, Signal.LOST: State.CLOSED}

TRANSITIONS: Final[Mapping[State, Mapping[Signal, State]]] = {
    # A centre may be unbound from before it ever bound: some clients say goodbye politely after a refusal.
    State.OPEN: {
        Signal.BIND_REQUESTED: State.BINDING,
        Signal.UNBIND_REQUESTED: State.UNBINDING,
        Signal.LOST: State.CLOSED,
    },
    State.BINDING: {
        Signal.BOUND_TX: State.BOUND_TX,
        Signal.BOUND_RX: State.BOUND_RX,
        Signal.BOUND_TRX: State.BOUND_TRX,
        # The connection stays: another bind may follow on it.
        Signal.BIND_REFUSED: State.OPEN,
        Signal.UNBIND_REQUESTED: State.UNBINDING,
        Signal.LOST: State.CLOSED,
    },
    State.BOUND_TX: _WHILE_BOUND,
    State.BOUND_RX: _WHILE_BOUND,
    State.BOUND_TRX: _WHILE_BOUND,
    # Both ends may ask at once.
    State.UNBINDING: {
        Signal.UNBIND_REQUESTED: State.UNBINDING,
        Signal.UNBOUND: State.CLOSED,
        Signal.LOST: State.CLOSED,
    },
    State.CLOSED: {},
}

_SENDERS: Final = frozenset({State.BOUND_TX, State.BOUND_TRX})
_RECEIVERS: Final = frozenset({State.BOUND_RX, State.BOUND_TRX})
_DRAINING: Final = frozenset({State.UNBINDING})

# Which requests an end may send, and in which states of the session (3.4 section 2.3, table 2-1).
REQUESTS: Final[Mapping[Role, Mapping[int, frozenset[State]]]] = {
    Role.ESME: {
        CommandId.SUBMIT_SM: _SENDERS,
        CommandId.SUBMIT_MULTI: _SENDERS,
        CommandId.DATA_SM: _SENDERS,
        CommandId.QUERY_SM: _SENDERS,
        CommandId.CANCEL_SM: _SENDERS,
        CommandId.REPLACE_SM: _SENDERS,
    },
    Role.SMSC: {
        CommandId.DELIVER_SM: _RECEIVERS,
        CommandId.DATA_SM: _RECEIVERS,
        CommandId.ALERT_NOTIFICATION: _RECEIVERS,
    },
}

# Which of them are handed to the owner. What is not here is refused with RINVCMDID: replace_sm and submit_multi are
# offered by nobody here. While unbinding, what was on its way still counts; and a centre that delivers on a transmitter
# bind is wrong, but refusing would lose a receipt.
ACCEPTED: Final[Mapping[Role, Mapping[int, frozenset[State]]]] = {
    Role.SMSC: {
        CommandId.SUBMIT_SM: _SENDERS | _DRAINING,
        CommandId.DATA_SM: _SENDERS | _DRAINING,
        CommandId.QUERY_SM: _SENDERS | _DRAINING,
        CommandId.CANCEL_SM: _SENDERS | _DRAINING,
    },
    Role.ESME: {
        CommandId.DELIVER_SM: BOUND | _DRAINING,
        CommandId.DATA_SM: BOUND | _DRAINING,
        CommandId.ALERT_NOTIFICATION: BOUND | _DRAINING,
    },
}

BULK_REQUEST: Final[Mapping[Role, int]] = {Role.ESME: CommandId.SUBMIT_SM, Role.SMSC: CommandId.DELIVER_SM}
"""The one request each end sends by the thousand."""


def accepted_in(role: Role, state: State) -> frozenset[int]:
    """command_ids handed to an owner of this role in this state."""
    return frozenset(int(command_id) for command_id, states in ACCEPTED[role].items() if state in states)
