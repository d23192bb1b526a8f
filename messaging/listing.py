"""Pages of messages by keyset: in the order of their ids, or in the order in which they became final.

The latter reads the event log, whose rows carry the ids of what became final together; a key is (event, place in ids).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.db.tenancy import current_tenant_id, scoped_connection
from messaging.models import Message
from messaging.statuses import FINAL_FROM, EventKind, Status

PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages, newest first. `older` is the `before` of the next page, `newer` the `after` of the one before."""

    rows: list[Message]
    older: str | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Which messages a list is of: those the log says became one of `statuses`, and only of this kind where given.

    Final statuses are what a message is; ACCEPTED and SUBMITTED are what it once became, whatever came later.

    Args:
        since: from this instant of acceptance on, `until` before that one; the roll-ups count by the same instant.
    """

    statuses: tuple[Status, ...]
    campaign_id: UUID | None = None
    error_code: str = ""
    traffic_class: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    def where(self) -> tuple[str, list[Any]]:
        """SQL behind an AND for each condition given, and its parameters."""
        conditions = {
            " AND campaign_id = %s": self.campaign_id,
            " AND error_code = %s": self.error_code or None,
            " AND traffic_class = %s": self.traffic_class,
            " AND cohort_at >= %s": self.since,
            " AND cohort_at < %s": self.until,
        }
        given = {sql: value for sql, value in conditions.items() if value is not None}
        return "".join(given), list(given.values())


def by_id(
    messages: QuerySet[Message], *, before: str | None = None, after: str | None = None, size: int = PAGE_SIZE
) -> MessagePage:
    """One page of a queryset by the messages' own ids; an unreadable key shows the newest page."""
    older_than, newer_than = _uuid(before), _uuid(after)
    if newer_than is not None:
        rows = list(messages.filter(id__gt=newer_than).order_by("id")[: size + 1])
    else:
        behind = messages.filter(id__lt=older_than) if older_than is not None else messages
        rows = list(behind.order_by("-id")[: size + 1])
    found = [(str(row.id), row) for row in rows]
    return _page(found, size, is_upward=newer_than is not None, has_before=older_than is not None)


def by_outcome(
    wanted: Outcomes, *, before: str | None = None, after: str | None = None, size: int = PAGE_SIZE
) -> MessagePage:
    """One page of final messages in the order they became final, by (event, place in its ids)."""
    older_than, newer_than = _place(before), _place(after)
    is_upward = newer_than is not None
    start = newer_than if is_upward else older_than
    found: list[tuple[str, Message]] = []
    # Once, but for messages that a correction has moved on: their places stay in the old event and are passed over.
    while len(found) <= size:
        places = _places(wanted, start, size + 1, is_upward=is_upward)
        if not places:
            break
        start = places[-1][0]
        found += _standing(wanted, places)
    return _page(found[: size + 1], size, is_upward=is_upward, has_before=older_than is not None)


Place = tuple[int, int]  # event id, index in its ids

_HEADS_SQL: Final = """
SELECT id, messages FROM message_events
WHERE tenant_id = %s AND outcome = %s AND kind = ANY(%s) AND id {at_least} %s{more} ORDER BY id {direction} LIMIT %s"""


def _places(wanted: Outcomes, start: Place | None, count: int, *, is_upward: bool) -> list[tuple[Place, UUID]]:
    """Up to `count` places beyond `start`: first the events that hold them, without their ids, then as few of those."""
    event_ids = _enough(_heads(wanted, start, count, is_upward=is_upward), start, count, is_upward=is_upward)
    if not event_ids:
        return []
    parameters: list[Any] = [current_tenant_id(), event_ids]
    with scoped_connection().cursor() as cursor:
        cursor.execute("SELECT id, ids FROM message_events WHERE tenant_id = %s AND id = ANY(%s)", parameters)
        ids: dict[int, list[UUID]] = dict(cursor.fetchall())
    places = [((event_id, n), ident) for event_id in event_ids for n, ident in _indexed(ids[event_id], is_upward)]
    if start is not None:
        places = [(place, ident) for place, ident in places if (place > start if is_upward else place < start)]
    return places[:count]


def _enough(heads: Sequence[tuple[int, int]], start: Place | None, count: int, *, is_upward: bool) -> list[int]:
    """The first events that hold `count` places beyond `start`; of its own event only one side counts."""
    event_ids, room = [], count
    for event_id, messages in heads:
        if room <= 0:
            break
        event_ids.append(event_id)
        if start is not None and event_id == start[0]:
            room -= max(messages - 1 - start[1], 0) if is_upward else start[1]
        else:
            room -= messages
    return event_ids


def _heads(wanted: Outcomes, start: Place | None, count: int, *, is_upward: bool) -> list[tuple[int, int]]:
    more, extra = wanted.where()
    sql = _HEADS_SQL.format(at_least=">=" if is_upward else "<=", direction="ASC" if is_upward else "DESC", more=more)
    bound = start[0] if start else 2**63 - 1
    parameters: list[Any] = []
    for status in wanted.statuses:
        # One ordered index scan for each outcome, merged: a single one with IN would sort the whole campaign.
        parameters += [current_tenant_id(), int(status), _kinds(status), bound, *extra, count + 1]
    with scoped_connection().cursor() as cursor:
        cursor.execute(" UNION ALL ".join([f"({sql})"] * len(wanted.statuses)), parameters)
        return sorted(cursor.fetchall(), reverse=not is_upward)


def _kinds(status: Status) -> list[int]:
    if status >= FINAL_FROM:
        return [int(EventKind.FINAL), int(EventKind.CORRECTED)]
    return [int(EventKind.SUBMITTED if status is Status.SUBMITTED else EventKind.ACCEPTED)]


def _indexed(ids: Sequence[UUID], is_upward: bool) -> Iterator[tuple[int, UUID]]:
    pairs = list(enumerate(ids))
    return iter(pairs if is_upward else reversed(pairs))


def _standing(wanted: Outcomes, places: Sequence[tuple[Place, UUID]]) -> list[tuple[str, Message]]:
    """The messages at these places that still are what the list is of."""
    idents = [ident for _, ident in places]
    messages = in_bulk(idents)
    return [
        (f"{place[0]}.{place[1]}", messages[ident])
        for place, ident in places
        if ident in messages and (messages[ident].status in wanted.statuses or min(wanted.statuses) < FINAL_FROM)
    ]


def in_bulk(idents: Sequence[UUID]) -> dict[UUID, Message]:
    """Messages by id. The range beside the list is what lets PostgreSQL leave partitions out."""
    if not idents:
        return {}
    within = Message.objects.filter(id__in=idents, id__gte=min(idents), id__lte=max(idents))
    return {message.id: message for message in within}


def _page(found: list[tuple[str, Message]], size: int, *, is_upward: bool, has_before: bool) -> MessagePage:
    has_more = len(found) > size
    shown = found[:size][::-1] if is_upward else found[:size]
    has_older, has_newer = (True, has_more) if is_upward else (has_more, has_before)
    return MessagePage(
        rows=[message for _, message in shown],
        older=shown[-1][0] if shown and has_older else None,
        newer=shown[0][0] if shown and has_newer else None,
    )


def _uuid(key: str | None) -> UUID | None:
    try:
        return UUID(key) if key else None
    except ValueError:
        return None


def _place(key: str | None) -> Place | None:
    event_id, _, index = (key or "").partition(".")
    if not (event_id.isascii() and event_id.isdigit() and index.isascii() and index.isdigit()):
        return None
    return min(int(event_id), 2**63 - 1), int(index)
