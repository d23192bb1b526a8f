"""What waits for reviewers: senders and templates in one list, oldest first, in keyset pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from compliance.models import Review, Sender, Template
from compliance.statuses import ReviewState
from tenants.models import User

SHOWN: Final = 50
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands in the queue, and which submission of it: as text `<microseconds>.<id>`."""

    submitted_at: datetime
    pk: UUID

    def __str__(self) -> str:
        return f"{(self.submitted_at - _EPOCH) // _MICROSECOND}.{self.pk}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for what no page of ours wrote."""
        with suppress(ValueError, OverflowError):
            micros, _, pk = text.partition(".")
            return cls(_EPOCH + int(micros) * _MICROSECOND, UUID(pk))
        return None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue; `approvals` are the names of those who have approved it already."""

    kind: Review.Of
    item: Sender | Template
    place: Place
    submitter: str = "–"
    approvals: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What a selection says of it."""
        return f"{self.kind.value}.{self.place}"

    @property
    def header(self) -> str:
        return self.item.header if isinstance(self.item, Sender) else self.item.sender.header

    @property
    def excerpt(self) -> str:
        return self.item.purpose if isinstance(self.item, Sender) else self.item.body


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What the reader wants to see; empty values do not restrict."""

    kind: str = ""
    header: str = ""
    findings: str = ""  # error, advice or none


@dataclass(frozen=True, slots=True)
class QueuePage:
    rows: list[Waiting] = field(default_factory=list)
    has_older: bool = False
    has_newer: bool = False


def queue_page(
    narrowing: Narrowing, *, after: Place | None = None, before: Place | None = None, size: int = SHOWN
) -> QueuePage:
    """The page behind (or, going back, in front of) a place; four queries, whatever the length of the queue."""
    is_back = before is not None
    found = _merged(narrowing, after, before, size + 1)[: size + 1]
    rows, has_more = found[:size], len(found) > size
    if is_back:
        rows.reverse()
    return QueuePage(
        _named(rows), has_older=has_more if is_back else after is not None, has_newer=True if is_back else has_more
    )


def waiting_items(keys: Iterable[str]) -> list[Waiting]:
    """The rows of a selection as they are now, in its order; what cannot be read or found is left out.

    The place of each is the selection's: a submission that was made anew since is another one.
    """
    wanted: dict[tuple[Review.Of, UUID], Place] = {}
    for key in keys:
        kind, _, rest = key.partition(".")
        place = Place.parse(rest)
        if place is not None and kind in Review.Of.values:
            wanted[Review.Of(kind), place.pk] = place
    senders, texts = ([pk for kind, pk in wanted if kind == each] for each in (Review.Of.SENDER, Review.Of.TEMPLATE))
    found: dict[Review.Of, Mapping[UUID, Sender | Template]] = {
        Review.Of.SENDER: {**Sender.objects.select_related("entity").in_bulk(senders)},
        Review.Of.TEMPLATE: {**Template.objects.select_related("sender").in_bulk(texts)},
    }
    return _named([Waiting(kind, found[kind][pk], place) for (kind, pk), place in wanted.items() if pk in found[kind]])


def _merged(narrowing: Narrowing, after: Place | None, before: Place | None, count: int) -> list[Waiting]:
    rows: list[Waiting] = []
    if narrowing.kind in ("", Review.Of.SENDER):
        senders = Sender.objects.filter(header=narrowing.header) if narrowing.header else Sender.objects.all()
        rows += _rows(Review.Of.SENDER, senders.select_related("entity"), narrowing, after, before, count)
    if narrowing.kind in ("", Review.Of.TEMPLATE):
        texts = Template.objects.all()
        if narrowing.header:
            texts = texts.filter(sender__header=narrowing.header)
        rows += _rows(Review.Of.TEMPLATE, texts.select_related("sender"), narrowing, after, before, count)
    rows.sort(key=attrgetter("place.submitted_at", "place.pk"), reverse=before is not None)
    return rows


def _rows(
    kind: Review.Of,
    items: QuerySet[Any],
    narrowing: Narrowing,
    after: Place | None,
    before: Place | None,
    count: int,
) -> list[Waiting]:
    items = items.filter(state=ReviewState.SUBMITTED, submitted_at__isnull=False).filter(**_FOUND[narrowing.findings])
    if before is not None:
        at = before.submitted_at
        items = items.filter(Q(submitted_at__lt=at) | Q(submitted_at=at, pk__lt=before.pk), submitted_at__lte=at)
        items = items.order_by("-submitted_at", "-pk")
    else:
        if after is not None:
            at = after.submitted_at
            items = items.filter(Q(submitted_at__gt=at) | Q(submitted_at=at, pk__gt=after.pk), submitted_at__gte=at)
        items = items.order_by("submitted_at", "pk")
    return [Waiting(kind, item, Place(item.submitted_at, item.pk)) for item in items[:count]]


_FOUND: Final[Mapping[str, Mapping[str, int]]] = {
    "": {},
    "error": {"error_count__gt": 0},
    "advice": {"advice_count__gt": 0},
    "none": {"error_count": 0, "advice_count": 0},
}


def _named(rows: list[Waiting]) -> list[Waiting]:
    """With the names of who submitted, and of who has approved already."""
    people = User.objects.in_bulk({row.item.submitted_by_id for row in rows if row.item.submitted_by_id})
    given: dict[UUID, list[str]] = {}
    first = Review.objects.filter(
        object_id__in=[row.item.pk for row in rows], from_state=ReviewState.SUBMITTED, to_state=ReviewState.SUBMITTED
    )
    since = {row.item.pk: row.item.submitted_at for row in rows}
    for step in first.order_by("id"):
        submitted_at = since[step.object_id]
        if submitted_at is not None and step.at >= submitted_at:
            given.setdefault(step.object_id, []).append(step.actor_label)
    return [
        Waiting(row.kind, row.item, row.place, _name(people, row.item), tuple(given.get(row.item.pk, ())))
        for row in rows
    ]


def _name(people: Mapping[UUID, User], item: Sender | Template) -> str:
    person = people.get(item.submitted_by_id) if item.submitted_by_id else None
    return str(person) if person else "–"
