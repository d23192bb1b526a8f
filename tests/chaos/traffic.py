"""What one seed sends: requests of API clients and the audiences of two campaigns, all to numbers of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

NUMBERS_OF_A_SEED: Final = 100_000
# The simulator reads a wish out of numbers that end in 9090 and two digits: all of ours begin behind them.
FIRST_API: Final = 10_000
FIRST_OPTED_OUT: Final = 45_000
FIRST_CAMPAIGN: Final = 50_000
FIRST_CANCELLED: Final = 90_000
OPTED_OUT: Final = 20
MOST_MESSAGES: Final = 60_000

CODE: Final = "{} is your code to sign in. It is valid for 10 minutes, do not share it. - Aarohi Retail"
OFFER: Final = "Riya, your early access to the festival sale begins {}. Reply STOP to 56161 to opt out. - Aarohi Retail"
# Not of the GSM alphabet, so that it takes two parts.
LONG: Final = "Dear रिया, your order A-{} is out for delivery and reaches you by 6 pm. - Aarohi Retail"
UNKNOWN: Final = "Nobody has approved this text"

# Of a hundred messages by API.
OTP, PROMOTIONAL, OTHER_TENANT, LONG_ONES, SHORT_LIVED, REFUSED = 15, 25, 15, 5, 4, 2
# Of a hundred messages in all.
IN_CAMPAIGN, IN_CANCELLED = 40, 5
SINGLES: Final = 5


@dataclass(frozen=True, slots=True)
class Request:
    """One POST. `key` is its Idempotency-Key, `at` the second of the seed when it is made."""

    tenant: int
    path: str
    body: dict[str, Any]
    numbers: tuple[str, ...]
    key: str
    at: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """All of one seed. `low` to `high` are the recipients that are its own, `high` not included."""

    low: str
    high: str
    requests: list[Request]
    opted_out: list[str]
    campaign: list[str]
    cancelled: list[str]

    @property
    def messages(self) -> int:
        return sum(len(request.numbers) for request in self.requests) + len(self.campaign) + len(self.cancelled)


def number(slot: int, n: int) -> str:
    return f"+9199{slot:03}{n:05}"


def make_traffic(
    chance: random.Random, *, slot: int, messages: int, tenants: list[dict[str, Any]], s: float
) -> Traffic:
    """
    Args:
        slot: 0 to 999, of numbers.
        tenants: those of var/demo.json.
        s: seconds over which requests are spread.
    """
    if messages > MOST_MESSAGES:
        raise ValueError(f"{messages} messages: {MOST_MESSAGES} at most")
    in_campaign, in_cancelled = messages * IN_CAMPAIGN // 100, messages * IN_CANCELLED // 100
    by_api = messages - in_campaign - in_cancelled
    drafts = [_draft(chance, number(slot, FIRST_API + n), n, tenants) for n in range(by_api)]
    opted_out = [number(slot, FIRST_OPTED_OUT + n) for n in range(OPTED_OUT)]
    drafts += [(0, {"to": to, "from": tenants[0]["sender"], "text": tenants[0]["sample_text"]}) for to in opted_out]
    chance.shuffle(drafts)
    return Traffic(
        low=number(slot, 0),
        high=number(slot, NUMBERS_OF_A_SEED - 1) + "x",
        requests=sorted(_requests(chance, drafts, slot, s), key=lambda request: request.at),
        opted_out=opted_out,
        campaign=[number(slot, FIRST_CAMPAIGN + n) for n in range(in_campaign)],
        cancelled=[number(slot, FIRST_CANCELLED + n) for n in range(in_cancelled)],
    )


def _draft(chance: random.Random, to: str, n: int, tenants: list[dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    """Tenant and body of one message."""
    draw = chance.randrange(100)
    own = {"to": to, "from": tenants[0]["sender"]}
    shares = iter(_running(OTP, PROMOTIONAL, OTHER_TENANT, LONG_ONES, SHORT_LIVED, REFUSED))
    if draw < next(shares):
        return 0, {**own, "class": "otp", "text": CODE.format(100_000 + n)}
    if draw < next(shares):
        return 0, {**own, "class": "promotional", "text": OFFER.format("on Friday")}
    if draw < next(shares):
        return 1, {"to": to, "from": tenants[1]["sender"], "text": tenants[1]["sample_text"]}
    if draw < next(shares):
        return 0, {**own, "text": LONG.format(n)}
    if draw < next(shares):
        until = datetime.now(UTC) + timedelta(seconds=chance.uniform(20, 60))
        return 0, {**own, "text": tenants[0]["sample_text"], "valid_until": until.isoformat()}
    if draw < next(shares):
        return 0, {**own, "text": UNKNOWN}
    return 0, {**own, "text": tenants[0]["sample_text"]}


def _running(*shares: int) -> Iterator[int]:
    total = 0
    for share in shares:
        total += share
        yield total


def _requests(
    chance: random.Random, drafts: list[tuple[int, dict[str, Any]]], slot: int, s: float
) -> Iterator[Request]:
    for tenant in {tenant for tenant, _ in drafts}:
        own = [body for its, body in drafts if its == tenant]
        singles = len(own) * SINGLES // 100
        for n, body in enumerate(own[:singles]):
            yield Request(tenant, "messages", body, (body["to"],), f"s{slot}-{tenant}-{n}", chance.uniform(0, s))
        at = singles
        while at < len(own):
            some = own[at : at + chance.choice((10, 100, 500, 1_000))]
            numbers = tuple(body["to"] for body in some)
            key = f"b{slot}-{tenant}-{at}"
            yield Request(tenant, "messages/batch", {"messages": some}, numbers, key, chance.uniform(0, s))
            at += len(some)
