"""Hours of promotions by the recipient's clock: zones, clock changes, and what becomes of messages outside them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import pytest

from compliance.models import OutsideHours, RecipientSettings
from compliance.rules import Ruling, Subject
from compliance.rules.checking import Asked, check
from compliance.rules.country import Hours
from compliance.rules.hours import by_window, limits_at, window_at, zones_of
from compliance.rules.versions import touch
from compliance.statuses import Category, SenderKind
from compliance.tests.builders import ASHA, NOW, make_sender, make_template, screening
from kernel.domain.traffic import TrafficClass

DAY = Hours(time(8), time(21), time(20, 50))
INDIA = Hours(time(10), time(21), time(20, 50))
NEW_YORK, LOS_ANGELES, TOLL_FREE = "+12125550123", "+14155550123", "+18005550123"
TEXT = "Sale at ACME today. STOP to opt out."


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year to minute


@pytest.fixture
def _kept(settings: Any) -> None:
    settings.KEEP_PROMOTIONAL_HOURS = True


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        # 09:59, 10:00, 20:49, 20:50 and 21:00 in India.
        (utc(2026, 11, 25, 4, 29), utc(2026, 11, 25, 4, 30)),
        (utc(2026, 11, 25, 4, 30), utc(2026, 11, 25, 4, 30)),
        (utc(2026, 11, 25, 15, 19), utc(2026, 11, 25, 15, 19)),
        (utc(2026, 11, 25, 15, 20), utc(2026, 11, 26, 4, 30)),
        (utc(2026, 11, 25, 15, 30), utc(2026, 11, 26, 4, 30)),
    ],
)
def test_indian_hours_end_ten_minutes_before_nine(at: datetime, opens: datetime) -> None:
    window = window_at(("Asia/Kolkata",), INDIA, at)
    assert window is not None
    assert window.opens == opens
    assert (window.last.astimezone(UTC).time(), window.closes.time()) == (time(15, 20), time(15, 30))


def test_hours_move_when_clocks_change() -> None:
    # New York leaves summer time on the 1st of November, London on the 25th of October.
    zone = ("America/New_York",)
    before, after = window_at(zone, DAY, utc(2026, 10, 31, 5)), window_at(zone, DAY, utc(2026, 11, 1, 6))
    assert before is not None
    assert after is not None
    assert (before.opens, after.opens) == (utc(2026, 10, 31, 12), utc(2026, 11, 1, 13))
    london = window_at(("Europe/London",), DAY, utc(2026, 10, 25, 0))
    assert london is not None
    assert london.opens == utc(2026, 10, 25, 8)


def test_of_several_zones_the_hours_that_all_have_count() -> None:
    window = window_at(("America/New_York", "America/Los_Angeles"), DAY, utc(2026, 11, 25, 14))
    assert window is not None
    assert (window.opens, window.closes) == (utc(2026, 11, 25, 16), utc(2026, 11, 26, 2))
    assert window_at(("Pacific/Kiritimati", "Pacific/Pago_Pago"), Hours(time(10), time(11), time(11)), NOW) is None


def test_closed_days_are_passed_over() -> None:
    weekdays = Hours(time(10), time(21), time(20, 50), frozenset({5, 6}))
    window = window_at(("Asia/Kolkata",), weekdays, utc(2026, 11, 27, 16))
    assert window is not None
    assert window.opens == utc(2026, 11, 30, 4, 30)


def test_numbers_of_a_country_are_split_by_their_zones() -> None:
    assert zones_of(ASHA) == ("Asia/Kolkata",)
    assert zones_of(NEW_YORK) == ("America/New_York",)
    assert len(zones_of(TOLL_FREE)) > 10
    at = utc(2026, 11, 25, 14)
    found = {
        window.opens: places for window, places in by_window("US", [NEW_YORK, LOS_ANGELES, NEW_YORK], at) if window
    }
    assert found == {at: [0, 2], utc(2026, 11, 25, 16): [1]}


@pytest.mark.usefixtures("_kept")
def test_what_is_handed_over_is_looked_at_again() -> None:
    evening = utc(2026, 11, 25, 15, 10)
    limits = limits_at(ASHA, evening.timestamp())
    assert limits == (utc(2026, 11, 25, 15, 20).timestamp(), utc(2026, 11, 25, 15, 30).timestamp())
    assert limits_at(ASHA, utc(2026, 11, 25, 15, 20).timestamp()) == (0, 0)
    assert limits_at(ASHA, utc(2026, 11, 25, 2).timestamp()) == (0, 0)


def ask(now: datetime) -> Ruling:
    make_template(TEXT, category=Category.PROMOTIONAL, sender=make_sender("100001", kind=SenderKind.NUMERIC))
    judge = screening(ASHA, senders=("100001",), now=now)
    return judge.rule(Subject("100001", None, TEXT, None, ASHA))


@pytest.mark.usefixtures("tenant_id", "_kept")
def test_a_promotion_at_night_waits_for_the_morning() -> None:
    ruling = ask(utc(2026, 11, 25, 18))
    assert ruling.code is None
    assert ruling.window is not None
    assert ruling.window.opens == utc(2026, 11, 26, 4, 30)
    assert ruling.traffic_class is TrafficClass.PROMOTIONAL


@pytest.mark.usefixtures("_kept")
def test_a_tenant_may_have_it_refused_instead(tenant_id: UUID) -> None:
    RecipientSettings.objects.create(tenant_id=tenant_id, outside_hours=OutsideHours.REFUSE, changed_at=NOW)
    touch()
    ruling = ask(utc(2026, 11, 25, 18))
    assert ruling.code == "promo_window_closed"
    assert "26 Nov 2026, 04:30 UTC" in ruling.detail


@pytest.mark.usefixtures("tenant_id", "_kept")
def test_the_dry_run_says_when_it_would_go() -> None:
    make_template(TEXT, category=Category.PROMOTIONAL, sender=make_sender("100001", kind=SenderKind.NUMERIC))
    checked = check(asked=Asked("100001", ASHA, TEXT), region="IN", now=utc(2026, 11, 25, 18))
    assert checked.refusal is None
    assert "promo_deferred" in checked.warnings
    (verdict,) = [each for each in checked.verdicts if each.about.code == "promo_window_closed"]
    assert verdict.outcome == "warned"
    assert "04:30 UTC" in verdict.detail
