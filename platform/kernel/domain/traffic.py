"""The three traffic classes every price, route, rule and queue is chosen by."""

from __future__ import annotations

from enum import IntEnum


class TrafficClass(IntEnum):
    """Stored as its number, which is also its priority: the lower one goes first at every stage."""

    OTP = 0
    TRANSACTIONAL = 1
    PROMOTIONAL = 2

    @property
    def label(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> TrafficClass:
        """The class named `otp`, `transactional` or `promotional`; anything else is a ValueError."""
        try:
            return cls[label.upper()]
        except KeyError:
            raise ValueError(f"{label!r} is no traffic class: write otp, transactional or promotional") from None
