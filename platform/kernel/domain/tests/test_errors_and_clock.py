"""Errors that explain themselves, and clocks that can be replaced."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta

from kernel.domain.clock import Clock, SystemClock, utc_now
from kernel.domain.errors import DomainError


def test_an_error_carries_code_detail_remedy_and_context() -> None:
    error = DomainError("no_price", "There is no price for AE.", "Ask for one.", country="AE", parts=3)

    assert (error.code, error.detail, error.remedy) == ("no_price", "There is no price for AE.", "Ask for one.")
    assert error.context == {"country": "AE", "parts": 3}


def test_an_error_is_printed_as_its_detail() -> None:
    assert str(DomainError("no_price", "There is no price.", "Ask for one.")) == "There is no price."


def test_an_error_crosses_a_process_border_whole() -> None:
    error = pickle.loads(pickle.dumps(DomainError("no_price", "None.", "Ask.", country="AE")))  # noqa: S301  # our own octets

    assert (error.code, error.detail, error.remedy, error.context) == ("no_price", "None.", "Ask.", {"country": "AE"})


def test_now_is_aware_and_in_utc() -> None:
    now = utc_now()

    assert now.tzinfo is UTC
    assert abs(datetime.now(UTC) - now) < timedelta(minutes=1)


def test_the_system_clock_is_a_clock_whose_timer_never_runs_backwards() -> None:
    clock: Clock = SystemClock()
    first = clock.monotonic()

    assert clock.now().tzinfo is UTC
    assert clock.monotonic() >= first
