from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models import EntryKind, LedgerEntry
from billing.queries import entries_between, ledger_cost, month_bounds, month_costs, runway, total_of
from billing.services import hold
from billing.settlement import settle
from billing.tests.builders import NOW, UNIT, make_line, make_wallet, settlement_of
from kernel.db.tenancy import tenant_context
from kernel.domain.money import MICROS

pytestmark = pytest.mark.django_db
INDIA = ZoneInfo("Asia/Kolkata")
NOVEMBER = date(2026, 11, 1)


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    with tenant_context(uuid4()):
        yield


def charge(segments: int, at: datetime = NOW, **fields: Any) -> None:
    line = make_line(messages=segments, segments=segments, **fields)
    hold(lines=[line], now=at)
    settle(settlements=[settlement_of(line, "charge", messages=segments, segments=segments)], now=at)


def test_a_month_is_told_by_campaign_destination_and_class() -> None:
    make_wallet(1000)
    campaign = UUID(int=5)
    charge(3, campaign_id=campaign, campaign_label="Diwali")
    charge(4, NOW + timedelta(hours=1), campaign_id=campaign, campaign_label="Diwali 2026")
    charge(2, campaign_id=campaign, destination="977", destination_label="Nepal")
    charge(1)
    rows = [
        (row.campaign_label, row.destination_label, row.messages, row.micros) for row in month_costs(NOVEMBER, INDIA)
    ]
    assert rows[0] == ("Diwali 2026", "India", 7, 7 * UNIT)
    assert {(row[1], row[3]) for row in rows[1:]} == {("Nepal", 2 * UNIT), ("India", UNIT)}


def test_a_month_equals_the_ledger_refunds_included() -> None:
    make_wallet(1000)
    charge(5)
    batch = LedgerEntry.objects.get(kind="charge").batch_id
    refund = {"destination": "91", "destination_label": "India", "traffic_class": 1, "messages": 1, "segments": 1}
    LedgerEntry.objects.create(kind=EntryKind.REFUND, amount_micros=UNIT, batch_id=batch, at=NOW, id=later(), **refund)
    rows = month_costs(NOVEMBER, INDIA)
    assert total_of(rows) == ledger_cost(*month_bounds(NOVEMBER, INDIA)) == 4 * UNIT
    assert (rows[0].messages, rows[0].segments) == (4, 4)


def later() -> UUID:
    return UUID(int=LedgerEntry.objects.order_by("-id").values_list("id", flat=True)[0].int + 1)


def test_holds_and_releases_cost_nothing() -> None:
    make_wallet(1000)
    line = make_line()
    hold(lines=[line], now=NOW)
    settle(settlements=[settlement_of(line, "release", messages=1, segments=1)], now=NOW)
    assert month_costs(NOVEMBER, INDIA) == []


def test_a_month_begins_and_ends_by_the_clocks_of_the_zone() -> None:
    make_wallet(1000)
    start = datetime(2026, 10, 31, 18, 30, tzinfo=UTC)  # midnight in India
    end = datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    for segments, at in ((1, start - moment), (2, start), (4, end - moment), (8, end)):
        charge(segments, at)
    assert total_of(month_costs(NOVEMBER, INDIA)) == 6 * UNIT
    assert total_of(month_costs(NOVEMBER, ZoneInfo("UTC"))) == 12 * UNIT


@given(
    st.dates(date(2024, 1, 1), date(2035, 12, 31)), st.sampled_from(["Asia/Kolkata", "Europe/Berlin", "America/Lima"])
)
def test_months_follow_each_other_without_gap(day: date, zone: str) -> None:
    start, end = month_bounds(day, ZoneInfo(zone))
    assert (start.day, start.hour, start.date() <= day < end.date()) == (1, 0, True)
    assert month_bounds(end.date(), ZoneInfo(zone))[0] == end


def test_ranges_of_ids_are_ranges_of_time() -> None:
    make_wallet(1000)
    for minutes in range(5):
        charge(1, NOW + timedelta(minutes=minutes))
    start, end = NOW + timedelta(minutes=1), NOW + timedelta(minutes=4)
    assert list(entries_between(start, end)) == list(LedgerEntry.objects.filter(at__gte=start, at__lt=end))
    assert entries_between(start, end).count() == 6


def test_a_month_costs_one_statement(django_assert_num_queries: Any) -> None:
    make_wallet(1000)
    for number in range(5):
        charge(1, campaign_id=UUID(int=number + 1))
    with django_assert_num_queries(1):
        assert len(month_costs(NOVEMBER, INDIA)) == 5


def test_the_runway_is_what_is_available_at_the_pace_of_the_last_week() -> None:
    wallet = make_wallet(17)
    assert runway(wallet, NOW).days is None
    charge(10, NOW - timedelta(days=6))
    charge(90, NOW - timedelta(days=8))
    wallet.refresh_from_db()
    pace = runway(wallet, NOW)
    assert (pace.spent_micros, pace.days) == (10 * UNIT, 0)
    wallet.balance_micros = 17 * MICROS
    assert runway(wallet, NOW).days == 70


def test_another_tenant_reads_no_costs() -> None:
    make_wallet(1000)
    charge(5)
    with tenant_context(uuid4()):
        assert month_costs(NOVEMBER, INDIA) == []
        assert ledger_cost(*month_bounds(NOVEMBER, INDIA)) == 0
