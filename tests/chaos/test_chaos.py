"""One short seed of `make chaos`: processes die while messages travel, and everybody is accounted for afterwards."""

from __future__ import annotations

from tests.chaos.seed import SHORT, Seed
from tests.fixtures.stack import Stack

SEED = 7


def test_no_message_is_lost_or_paid_twice_while_processes_die_and_operators_misbehave(stack: Stack) -> None:
    told = Seed(stack, SEED, SHORT).play()
    assert told["problems"] == [], told
