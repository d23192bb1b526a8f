"""What a campaign will cost and whom it will not reach, told by the very code that decides when it goes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction

from billing.models import Wallet
from campaigns.models import Campaign
from campaigns.services.audience import ContactRow, People, audience_page, audience_pages, audience_size, list_ids_of
from campaigns.services.filling import Filling
from campaigns.services.moving import locked_campaign
from compliance.models import Template
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.telecom.alphabet import foreign_characters
from messaging.drafts import Group, Refusal
from messaging.services.accept import judge_for
from messaging.services.judging import Lot, Verdict
from tenants.models import Tenant

# Some 3 µs a person: below this the answer comes with the page, above it a worker counts.
EXACT_LIMIT: Final = 10_000
SAMPLE: Final = 1_000
_SHOWN_CHARACTERS: Final = 5


@dataclass(slots=True)
class Estimate:
    """What was found on the `looked_at` people of `people`; sums are theirs.

    Args:
        sendable: people whom nothing speaks against; `blocked` the others by code.
        fewest, most: segments of one person's text.
        cheapest, dearest: micros of one person's text.
        unicode_people: those whose text needs Unicode; `characters` what forces it, the most frequent first.
    """

    people: int = 0
    looked_at: int = 0
    sendable: int = 0
    segments: int = 0
    micros: int = 0
    fewest: int = 0
    most: int = 0
    cheapest: int = 0
    dearest: int = 0
    unicode_people: int = 0
    characters: list[str] = field(default_factory=list)
    blocked: dict[str, int] = field(default_factory=dict)

    @property
    def is_exact(self) -> bool:
        return self.looked_at == self.people

    @property
    def likely_micros(self) -> int:
        return self._scaled(self.micros)

    @property
    def likely_segments(self) -> int:
        return self._scaled(self.segments)

    @property
    def likely_sendable(self) -> int:
        return self._scaled(self.sendable)

    @property
    def least_micros(self) -> int:
        return self.micros if self.is_exact else self.cheapest * self.likely_sendable

    @property
    def most_micros(self) -> int:
        return self.micros if self.is_exact else self.dearest * self.people

    def _scaled(self, total: int) -> int:
        return total * self.people // self.looked_at if self.looked_at else 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Estimate:
        return cls(**row)


class Counting:
    """Adds up decisions, page by page."""

    def __init__(self, filling: Filling, now: datetime) -> None:
        self.estimate = Estimate()
        self._filling, self._now = filling, now
        self._blocked: Counter[str] = Counter()
        self._characters: Counter[str] = Counter()

    def add(self, rows: Sequence[ContactRow]) -> None:
        """Judge people; call in the tenant's context."""
        verdict = judged(self._filling, rows, self._now)
        self.estimate.looked_at += len(rows)
        self._blocked.update(each.refusal.code for each in verdict.refused)
        for lot in verdict.lots.values():
            self._add(lot)

    def _add(self, lot: Lot) -> None:
        total, unit = self.estimate, lot.kind.quote.unit_micros
        fewest, most = min(lot.segments), max(lot.segments)
        total.fewest = min(total.fewest, fewest) if total.sendable else fewest
        total.cheapest = min(total.cheapest, fewest * unit) if total.sendable else fewest * unit
        total.most, total.dearest = max(total.most, most), max(total.dearest, most * unit)
        total.sendable += len(lot.ids)
        total.segments += sum(lot.segments)
        total.micros += sum(lot.segments) * unit
        if any(lot.is_unicode):
            total.unicode_people += sum(lot.is_unicode)
            for text, is_unicode in zip(lot.texts, lot.is_unicode, strict=True):
                if is_unicode:
                    self._characters.update(foreign_characters(text))

    def result(self, people: int) -> Estimate:
        self.estimate.people = people
        self.estimate.blocked = dict(self._blocked.most_common())
        self.estimate.characters = [character for character, _ in self._characters.most_common(_SHOWN_CHARACTERS)]
        return self.estimate


def judged(filling: Filling, rows: Sequence[ContactRow], now: datetime) -> Verdict:
    """What would become of these people's messages now, by their number in `rows`; nothing is written."""
    people = People.of(rows, filling.attributes)
    ids = [row[0].bytes for row in rows]
    group = Group(filling.shared, people.positions, ids, now, people.phones, filling.filled(people))
    tenant, wallet = Tenant.objects.get(pk=current_tenant_id()), Wallet.objects.get()
    judge = judge_for(tenant, wallet, [group], now)
    judge.decide(group)
    return judge.verdict


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one person's message."""

    refusal: Refusal | None
    text: str = ""
    segments: int = 0
    is_unicode: bool = False
    price_micros: int = 0


def decide_for(filling: Filling, rows: Sequence[ContactRow], now: datetime) -> list[Foreseen]:
    """The same for a few people one by one, for previews."""
    verdict = judged(filling, rows, now)
    found = {each.number: Foreseen(each.refusal) for each in verdict.refused}
    for lot in verdict.lots.values():
        unit = lot.kind.quote.unit_micros
        columns = lot.numbers, lot.texts, lot.segments, lot.is_unicode
        for number, text, segments, is_unicode in zip(*columns, strict=True):
            found[number] = Foreseen(None, text, segments, is_unicode, segments * unit)
    return [found[number] for number in range(len(rows))]


def sample_rows(list_ids: Sequence[UUID], size: int) -> list[ContactRow]:
    """Some people of every list, each once: lists differ more than the people on one."""
    share = max(size // max(len(list_ids), 1), 1)
    rows = {row[0]: row for list_id in list_ids for row in audience_page([list_id], limit=share)}
    return list(rows.values())


def estimate_now(*, list_ids: Sequence[UUID], filling: Filling, now: datetime) -> Estimate:
    """Exact for a small audience, from a sample for a large one; one short transaction either way."""
    people = audience_size(list_ids)
    counting = Counting(filling, now)
    if people <= EXACT_LIMIT:
        for rows in audience_pages(list_ids):
            counting.add(rows)
    elif sample := sample_rows(list_ids, SAMPLE):
        counting.add(sample)
    return counting.result(people)


def request_count(*, campaign_id: UUID) -> str:
    """Mark a draft as being counted; returns the token that the count must bring back."""
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        token = uuid4().hex
        campaign.estimate = {"token": token, "counted": None}
        campaign.save(update_fields=["estimate"])
    return token


def keep_count(*, campaign_id: UUID, token: str, estimate: Estimate) -> bool:
    """Keep a finished count; False when the draft has changed meanwhile."""
    with transaction.atomic(using=scoped_connection().alias):
        campaign = locked_campaign(campaign_id)
        if (campaign.estimate or {}).get("token") != token:
            return False
        campaign.estimate = {"token": token, "counted": estimate.as_json()}
        campaign.save(update_fields=["estimate"])
    return True


def filling_of(campaign: Campaign) -> Filling | None:
    """How the campaign's texts are made; None before a template was chosen."""
    if campaign.template_id is None:
        return None
    template = Template.objects.select_related("sender").filter(pk=campaign.template_id).first()
    return Filling.of(campaign, template) if template else None


def exact_count(campaign: Campaign) -> Estimate | None:
    """The count that a worker made for this state of the draft; None while it is not there."""
    counted = (campaign.estimate or {}).get("counted")
    return Estimate.from_json(counted) if counted else None


def next_page(list_ids: Sequence[UUID], counting: Counting, after: UUID | None) -> UUID | None:
    """Add one page of people to a count; returns where the next one begins. For counts across transactions."""
    rows = audience_page(list_ids, after=after) if after else audience_page(list_ids)
    if not rows:
        return None
    counting.add(rows)
    return rows[-1][0]


def lists_of(campaign_id: UUID) -> tuple[list[UUID], Filling | None]:
    campaign = Campaign.objects.get(pk=campaign_id)
    return list_ids_of(campaign), filling_of(campaign)
