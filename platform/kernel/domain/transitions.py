"""State machines as tables: which event leads from which state to which."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
E = TypeVar("E", bound=Hashable)


class Machine(Generic[S, E]):
    """A state machine over a total table: every state is a key, states without exits are final.

    Raises:
        ValueError: a transition leads to a state that is not a key, so nobody decided what follows it.
    """

    __slots__ = ("_table", "final")

    def __init__(self, table: Mapping[S, Mapping[E, S]]) -> None:
        for state, exits in table.items():
            for event, target in exits.items():
                if target not in table:
                    raise ValueError(f"{event!r} leads from {state!r} to {target!r}, which the table does not list")
        self._table = {state: dict(exits) for state, exits in table.items()}
        self.final: frozenset[S] = frozenset(state for state, exits in self._table.items() if not exits)

    @property
    def states(self) -> frozenset[S]:
        return frozenset(self._table)

    def next(self, state: S, event: E) -> S | None:
        """The state that follows; None when the event is out of order here, which is news and not a fault.

        Raises:
            KeyError: the state is not part of this machine.
        """
        return self._table[state].get(event)
