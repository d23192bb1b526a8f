"""Cards, wallets and lines as the tests of this app need them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from audit.services import Actor
from billing.models import Rate, RateCard, Wallet
from billing.services import Line, open_wallet, top_up
from billing.settlement import Outcome, Settlement
from kernel.db.tenancy import platform_context
from kernel.domain.money import MICROS
from kernel.domain.traffic import TrafficClass

NOW: Final = datetime(2026, 11, 10, 6, 30, tzinfo=UTC)
LONG_AGO: Final = datetime(2026, 1, 1, tzinfo=UTC)
ASHA: Final = Actor(UUID(int=1), "Asha")
UNIT: Final = 170_000


def make_card(name: str = "", **fields: Any) -> RateCard:
    with platform_context(reason="test: cards are the platform's"):
        return RateCard.objects.create(name=name or f"Card {uuid4()}", **fields)


def make_rate(card: RateCard, prefix: str, price_micros: int, **fields: Any) -> Rate:
    given: dict[str, Any] = {"label": f"+{prefix}", "valid_from": LONG_AGO, **fields}
    with platform_context(reason="test: cards are the platform's"):
        return Rate.objects.create(card=card, prefix=prefix, price_micros=price_micros, **given)


def make_wallet(rupees: int = 1000, **fields: Any) -> Wallet:
    """The current tenant's wallet, filled."""
    open_wallet(rate_card=fields.pop("rate_card", None) or make_card(), now=NOW, **fields)
    if rupees:
        top_up(amount_micros=rupees * MICROS, actor=ASHA, note="Bank transfer", idempotency_key="first", now=NOW)
    return Wallet.objects.get()


def make_line(batch_id: UUID | None = None, *, messages: int = 4, segments: int = 4, **fields: Any) -> Line:
    given: dict[str, Any] = {
        "campaign_id": None,
        "destination": "91",
        "destination_label": "India",
        "traffic_class": TrafficClass.TRANSACTIONAL.value,
        "micros": segments * UNIT,
        **fields,
    }
    return Line(batch_id=batch_id or uuid4(), messages=messages, segments=segments, **given)


def settlement_of(
    line: Line, outcome: Outcome, *, messages: int, segments: int, micros: int | None = None
) -> Settlement:
    return Settlement(
        batch_id=line.batch_id,
        campaign_id=line.campaign_id,
        destination=line.destination,
        destination_label=line.destination_label,
        traffic_class=line.traffic_class,
        outcome=outcome,
        messages=messages,
        segments=segments,
        micros=segments * UNIT,
    )
