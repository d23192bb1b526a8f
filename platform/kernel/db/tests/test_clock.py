"""The database's clock counts, not that of the process that asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.db.clock import database_now
from kernel.domain import clock
from kernel.domain.clock import utc_now


class Skewed(datetime):
    """A machine whose clock is a day ahead."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]  # always asked for UTC here
        return datetime.now(UTC) + timedelta(days=1)


@pytest.mark.django_db
def test_it_is_told_in_utc_and_goes_on_within_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    first = database_now()
    assert first.utcoffset() == timedelta(0)
    assert database_now() > first
    monkeypatch.setattr(clock, "datetime", Skewed)
    assert utc_now() - database_now() > timedelta(hours=23)
