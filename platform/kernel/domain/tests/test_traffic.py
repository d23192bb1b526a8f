"""The three traffic classes by number and by name."""

from __future__ import annotations

import pytest

from kernel.domain.traffic import TrafficClass


def test_passcodes_go_before_alerts_and_alerts_before_promotions() -> None:
    assert sorted(TrafficClass) == [TrafficClass.OTP, TrafficClass.TRANSACTIONAL, TrafficClass.PROMOTIONAL]


@pytest.mark.parametrize("traffic_class", TrafficClass)
def test_a_class_is_read_from_its_own_label(traffic_class: TrafficClass) -> None:
    assert TrafficClass.parse(traffic_class.label) is traffic_class


def test_an_unknown_label_is_refused_with_the_ones_that_exist() -> None:
    with pytest.raises(ValueError, match="write otp, transactional or promotional"):
        TrafficClass.parse("marketing")
