"""What packages of countries share: rules about a sender that need no more than a country's name and words."""

from __future__ import annotations

from typing import ClassVar, Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.facts import is_active
from compliance.rules.rule import PairRule
from compliance.statuses import SenderKind

LONGEST_NAME: Final = 11


class RegisteredSender(PairRule):
    """A sender of these kinds needs an active registration for the country, as recorded with the sender.

    Class attributes: `place` within a sentence; `kinds` that have to be registered.
    """

    place: ClassVar[str]
    kinds: ClassVar[frozenset[SenderKind]] = frozenset(SenderKind)

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is None or pair.sender.kind not in self.kinds:
            return None
        registration = pair.sender.registrations.get(pair.country)
        if registration is not None and is_active(registration.portal_state):
            return None
        return self.about.refusal(f"The sender “{pair.header}” has no active registration for {self.place}.")


class NameFits(PairRule):
    """A name has so many characters; `shortest` is a class attribute."""

    shortest: ClassVar[int] = 1

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.sender is None or pair.sender.kind != SenderKind.ALPHA:
            return None
        if self.shortest <= len(pair.header) <= LONGEST_NAME:
            return None
        return self.about.refusal(f"The name “{pair.header}” has {len(pair.header)} characters.")
