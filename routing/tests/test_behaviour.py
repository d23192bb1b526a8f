from __future__ import annotations

import re
from pathlib import Path

import pytest

from routing.smsc.behaviour import BY_SUFFIX, DELIVERED, UNDELIVERED, Decider
from routing.smsc.settings import Settings

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "smsc-simulator.md"


def test_the_document_tells_every_behaviour_as_it_is() -> None:
    told = dict(re.findall(r"^\| `9090(\d\d)` \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE))
    done = {suffix: behaviour.summary for suffix, behaviour in BY_SUFFIX.items() if suffix < "50"}
    assert told == done


def test_the_document_names_every_setting_with_its_default() -> None:
    text = DOCUMENT.read_text()
    for name, value in Settings().as_dict().items():
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        assert f"| `{name}` | {shown} |" in text


def test_late_receipts_are_as_late_as_their_number_says() -> None:
    assert [BY_SUFFIX[f"{number}"].delay_s for number in (50, 65, 99)] == [0, 15, 49]


def test_a_number_that_asks_for_nothing_follows_the_ratio() -> None:
    decider = Decider()
    assert decider.decide("919800000001", 1.0) == DELIVERED
    assert decider.decide("919800000001", 0.0) == UNDELIVERED
    assert decider.decide("919800000001", 1.0, duplicate_ratio=1.0).copies == 2


@pytest.mark.parametrize("number", ["919800909001", "+919800909001"])
def test_a_number_is_known_by_its_end(number: str) -> None:
    assert Decider().decide(number, 1.0) == BY_SUFFIX["01"]


def test_digits_nobody_gave_a_meaning_are_delivered() -> None:
    assert Decider().decide("919800909049", 0.0) == DELIVERED


def test_a_fault_that_comes_once_comes_again_after_a_reset() -> None:
    decider = Decider()
    first = decider.decide("919800909040", 1.0)
    assert first.once is not None
    assert decider.decide("919800909040", 1.0) == DELIVERED
    decider.reset()
    assert decider.decide("919800909040", 1.0) == first
