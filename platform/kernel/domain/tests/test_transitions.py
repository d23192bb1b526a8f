"""Machines that are tables, and tables that must be total."""

from __future__ import annotations

import pytest

from kernel.domain.transitions import Machine

LAMP = Machine({"off": {"press": "on"}, "on": {"press": "off", "drop": "broken"}, "broken": {}})


def test_an_event_leads_to_the_state_of_the_table() -> None:
    assert LAMP.next("off", "press") == "on"
    assert LAMP.next("on", "drop") == "broken"


def test_an_event_out_of_order_leads_nowhere() -> None:
    assert LAMP.next("off", "drop") is None
    assert LAMP.next("broken", "press") is None


def test_states_without_exits_are_final() -> None:
    assert LAMP.final == {"broken"}


def test_an_unknown_state_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        LAMP.next("melted", "press")


def test_a_table_that_forgets_a_target_is_refused() -> None:
    with pytest.raises(ValueError, match="'press' leads from 'off' to 'on'"):
        Machine({"off": {"press": "on"}})


def test_a_later_change_of_the_table_does_not_reach_the_machine() -> None:
    table: dict[str, dict[str, str]] = {"off": {"press": "on"}, "on": {}}
    machine = Machine(table)

    table["off"].clear()

    assert machine.next("off", "press") == "on"
