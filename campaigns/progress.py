"""Where a run stands: target = delivered + failed + expired + unknown + blocked + cancelled + waiting, always."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, Sum

from billing.models import EntryKind, LedgerEntry
from campaigns.models import Campaign, Chunk, Run
from campaigns.statuses import CampaignState, ChunkState
from messaging.models import MessageEvent
from messaging.queries import outcome_counts
from messaging.statuses import EventKind, Status, Term

# The rate is that of the last stretch: an average since the start would hide that sending has slowed down.
RATE_WINDOW: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """The figures of one run.

    Args:
        terms: people by term of the bar; their sum is `target`.
        unwritten: people of chunks that have no messages yet; part of waiting.
        never_written: people whose chunks were cancelled; part of cancelled.
        charged_micros, held_micros: taken from the wallet so far, and still reserved.
    """

    target: int
    terms: Mapping[Term, int]
    unwritten: int
    never_written: int
    charged_micros: int
    held_micros: int

    @property
    def final(self) -> int:
        return self.target - self.terms[Term.WAITING]

    @property
    def is_complete(self) -> bool:
        return self.terms[Term.WAITING] == 0 and self.unwritten == 0

    def as_json(self) -> dict[str, object]:
        terms = {term.value: count for term, count in self.terms.items()}
        return {"target": self.target, "terms": terms, "charged_micros": self.charged_micros}


def progress_of(campaign: Campaign, run: Run) -> Progress:
    """Three queries, whatever the number of people."""
    sizes = Chunk.objects.filter(run=run).aggregate(
        pending=Sum("size", filter=Q(state=ChunkState.PENDING)),
        cancelled=Sum("size", filter=Q(state=ChunkState.CANCELLED)),
    )
    unwritten, never_written = sizes["pending"] or 0, sizes["cancelled"] or 0
    terms = dict.fromkeys(Term, 0) | outcome_counts(campaign.id)
    terms[Term.CANCELLED] += never_written
    terms[Term.WAITING] = run.target - sum(count for term, count in terms.items() if term is not Term.WAITING)
    entries = LedgerEntry.objects.filter(campaign_id=campaign.id).aggregate(
        charged=Sum("amount_micros", filter=Q(kind__in=(EntryKind.CHARGE, EntryKind.REFUND))), held=Sum("held_micros")
    )
    return Progress(
        target=run.target,
        terms=terms,
        unwritten=unwritten,
        never_written=never_written,
        charged_micros=-(entries["charged"] or 0),
        held_micros=entries["held"] or 0,
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """Messages that came to an end per second, and when the rest will have, if it goes on like this."""

    per_second: float
    done_at: datetime | None


def pace_of(campaign: Campaign, progress: Progress, now: datetime) -> Pace | None:
    """The pace of the last half minute; None when nothing moves or nothing is left."""
    if campaign.state not in {CampaignState.SENDING, CampaignState.CANCELLED} or progress.is_complete:
        return None
    began = max(now - RATE_WINDOW, campaign.started_at or now)
    recent = MessageEvent.objects.filter(campaign_id=campaign.id, kind=EventKind.FINAL, at__gte=began)
    # Blocked people end while they are written, faster than any operator takes the others.
    recent = recent.exclude(outcome=Status.BLOCKED)
    moved = recent.aggregate(total=Sum("messages"))["total"] or 0
    seconds = (now - began).total_seconds()
    if not moved or seconds < 1:
        return None
    per_second = moved / seconds
    return Pace(per_second, now + timedelta(seconds=progress.terms[Term.WAITING] / per_second))
