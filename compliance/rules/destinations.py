"""Where messages may go: what the platform closed, what the tenant closed or opened, and what is shut until opened.

Fraudsters make others send passcodes to numbers of theirs and share the fee ("pumping"). The countries where that
happens most are shut for every tenant until it opens them, by class and with a cap for 24 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import phonenumbers

from compliance.rules.contract import Refusal
from compliance.rules.recipient_facts import DestinationFacts, RecipientFacts
from compliance.rules.rule import About, Basis, LooksAt
from kernel.domain.traffic import TrafficClass

# Locked by large vendors until asked for: Algeria, Azerbaijan, Bangladesh, Israel, Nigeria, Oman, Pakistan, Palestine,
# Sri Lanka, Tajikistan, Tunisia; and Cuba, Iran, Syria, which most do not serve.
PRONE: Final = frozenset(("DZ", "AZ", "BD", "IL", "NG", "OM", "PK", "PS", "LK", "TJ", "TN", "CU", "IR", "SY"))

BLOCKED: Final = About(
    "destination_blocked",
    "destination_blocked",
    "The destination is closed by the platform or your organisation, or known for fraud and not opened by you.",
    "Open the destination for this class under Compliance, Recipients, or ask support when the platform closed it.",
    LooksAt.RECIPIENT,
    Basis.ACCOUNT,
)
CAP: Final = About(
    "destination_cap",
    "destination_cap_reached",
    "An opened destination has had as many messages in 24 hours as its cap allows.",
    "Send the rest later, or raise the cap under Compliance, Recipients.",
    LooksAt.RECIPIENT,
    Basis.ACCOUNT,
)

_BY_PLATFORM: Final = BLOCKED.refusal(
    "The platform has closed this destination.", "Ask support whether it can be opened."
)
_BY_TENANT: Final = BLOCKED.refusal("Your organisation has closed this destination.")
_PRONE: Final = BLOCKED.refusal(
    "Numbers of this country are often used for fraud, so it is shut until you open it for this class."
)
_ABROAD: Final = BLOCKED.refusal("Your organisation sends to its own country only.")


@dataclass(frozen=True)
class Country:
    """The decision on one country and class, with exceptions by first digits, the longest first."""

    refusal: Refusal | None
    exceptions: tuple[tuple[str, Refusal | None], ...]

    @cached_property
    def is_plain(self) -> bool:
        return self.refusal is None and not self.exceptions

    def judge(self, recipient: str) -> Refusal | None:
        for prefix, refusal in self.exceptions:
            if recipient.startswith(prefix):
                return refusal
        return self.refusal

    def judge_column(self, recipients: Sequence[str]) -> Mapping[int, Refusal]:
        judged = ((place, self.judge(each)) for place, each in enumerate(recipients))
        return {place: refusal for place, refusal in judged if refusal is not None}


def decide_country(facts: RecipientFacts, country: str, traffic_class: TrafficClass) -> Country:
    """What holds for the numbers of a country; asked once per class until the tenant's facts change."""
    code = phonenumbers.country_code_for_region(country)
    calling = f"+{code}" if code else "+"
    exceptions = [(prefix, _BY_PLATFORM) for prefix in facts.blocked]
    # Where a class is opened and all of them are closed by the same digits, closed counts: it comes first.
    own = sorted((each for each in facts.destinations if each.is_about(traffic_class)), key=lambda each: each.is_open)
    chosen: list[tuple[str, Refusal | None]] = [(each.prefix, None if each.is_open else _BY_TENANT) for each in own]
    chosen.sort(key=lambda each: -len(each[0]))
    # What the platform closed nobody opens, by however many digits.
    near = tuple(each for each in (*exceptions, *chosen) if each[0].startswith(calling) or calling.startswith(each[0]))
    refusal = None
    if country != facts.home:
        refusal = _PRONE if country in PRONE else _ABROAD if facts.home_only else None
    return Country(refusal, near)


def capped(facts: RecipientFacts, recipients: Iterable[str]) -> list[DestinationFacts]:
    """The opened destinations with a cap that some of these recipients belong to."""
    with_cap = [each for each in facts.destinations if each.is_open and each.cap]
    if not with_cap:
        return []
    wanted = list(recipients)
    return [each for each in with_cap if any(recipient.startswith(each.prefix) for recipient in wanted)]
