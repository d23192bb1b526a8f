"""What the pages show of a campaign: the bar, its failures in words, its timeline, its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F
from django.urls import reverse

from audit.models import Entry
from campaigns.models import Campaign, Chunk, Contact, Run
from campaigns.progress import Progress
from campaigns.services.filling import OWN_COLUMNS
from campaigns.statuses import ChunkState
from kernel.domain.catalogue import Explanation, explain
from kernel.web.templatetags.ui import percent
from messaging.queries import failure_counts
from messaging.statuses import TERM_OF, Term

TONES: Final = {
    Term.DELIVERED: "ok",
    Term.FAILED: "bad",
    Term.EXPIRED: "bad-soft",
    Term.UNKNOWN: "wait-soft",
    Term.BLOCKED: "mute",
    Term.CANCELLED: "mute-soft",
    Term.WAITING: "wait",
}
STEPS: Final = (
    ("audience", "Audience"),
    ("message", "Message"),
    ("schedule", "Schedule"),
    ("check", "Check and send"),
)
_ICONS: Final = {
    "campaign.create": ("mute", "pencil"),
    "campaign.schedule": ("info", "clock"),
    "campaign.withdraw": ("mute", "pencil"),
    "campaign.start": ("info", "send"),
    "campaign.pause": ("wait", "pause"),
    "campaign.stop": ("bad", "alert-triangle"),
    "campaign.resume": ("info", "play"),
    "campaign.cancel": ("mute", "x"),
    "campaign.finish": ("ok", "circle-check"),
}
UNWRITTEN_PAGE: Final = 50


def bar(campaign: Campaign, progress: Progress, *, is_linked: bool) -> list[dict[str, Any]]:
    """The terms as components/outcome_bar.html takes them; each leads to its people."""
    terms, x = [], 0.0
    address = reverse("campaigns:campaign-messages", args=[campaign.pk])
    for term in Term:
        count = progress.terms[term]
        share = count / progress.target if progress.target else 0.0
        terms.append(
            {
                "key": term.value,
                "label": term.label,
                "count": count,
                "percent": percent(share),
                "x": x,
                "width": 100 * share,
                "url": f"{address}?term={term.value}" if is_linked else None,
                "tone": TONES[term],
            }
        )
        x += 100 * share
    return terms


@dataclass(frozen=True, slots=True)
class Failure:
    """A reason, how many it stopped, and the list of them."""

    entry: Explanation
    term: Term
    count: int
    url: str


def failures(campaign: Campaign) -> list[Failure]:
    """Everything final and not delivered, by reason, the most frequent first."""
    address = reverse("campaigns:campaign-messages", args=[campaign.pk])
    return [
        Failure(explain(code), TERM_OF[status], count, f"{address}?term={TERM_OF[status].value}")
        for code, status, count in failure_counts(campaign.id)
    ]


def timeline(campaign: Campaign) -> list[dict[str, Any]]:
    """What people and the system did to it, oldest first, out of the audit trail."""
    entries = Entry.objects.filter(object_type="campaign", object_id=campaign.id).order_by("id")
    return [
        {
            "at": entry.at,
            "label": entry.summary,
            "detail": entry.actor_label,
            "tone": _ICONS.get(entry.action, ("mute", "circle"))[0],
            "icon": _ICONS.get(entry.action, ("mute", "circle"))[1],
        }
        for entry in entries
    ]


def steps(campaign: Campaign | None, current: str) -> list[dict[str, Any]]:
    """The stepper; done steps lead back and lose nothing."""
    names = [key for key, _ in STEPS]
    place = names.index(current)
    return [
        {
            "label": label,
            "state": "done" if number < place else "current" if number == place else "todo",
            "url": reverse(f"campaigns:campaign-{key}", args=[campaign.pk]) if campaign and number < place else None,
        }
        for number, (key, label) in enumerate(STEPS)
    ]


@dataclass(frozen=True, slots=True)
class Unwritten:
    """People without a message row: of chunks not expanded yet, or cancelled before they were."""

    people: list[Contact]
    next_position: int | None


def unwritten_people(run: Run, state: ChunkState, start: int) -> Unwritten:
    """One page of them, from a position in the run on."""
    chunks = Chunk.objects.filter(run=run, state=state).order_by("number")
    chunk = chunks.filter(first_position__gt=start - F("size")).first()
    if chunk is None:
        return Unwritten([], None)
    start = max(start, chunk.first_position)
    offset = start - chunk.first_position
    ids = chunk.contact_ids[offset : offset + UNWRITTEN_PAGE]
    following: int | None = start + len(ids)
    # Of a campaign whose messages are gone, nobody is known.
    if offset + len(ids) >= chunk.size or not chunk.contact_ids:
        following = chunks.filter(number__gt=chunk.number).values_list("first_position", flat=True).first()
    return Unwritten(list(Contact.objects.filter(pk__in=ids).order_by("id")), following)


def columns_of(list_columns: Sequence[Sequence[str]]) -> list[str]:
    """The attributes of several lists, each once, without those every contact has."""
    names = dict.fromkeys(name for columns in list_columns for name in columns)
    return [name for name in names if name not in OWN_COLUMNS]
