"""Reading messages: how many became what, which ones they are, and what happened to one. Call in the tenant's context.

Counts and lists by outcome come from `message_events`, never from `messages.status`: no index holds a column that
changes after accept (docs/adr/0005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.catalogue import Explanation, explain
from kernel.domain.ids import uuid7_floor
from messaging.listing import PAGE_SIZE, MessagePage, Outcomes, by_id, by_outcome
from messaging.models import Message
from messaging.statuses import FINAL_FROM, TERM_OF, BatchState, Status, Term

# The code that `unknown` messages carry; a CORRECTED event takes messages away from it.
SILENT_CODE: Final = "outcome_unknown"
OUTCOMES_OF: Final[dict[Term, tuple[Status, ...]]] = {
    term: tuple(status for status in Status if TERM_OF[status] is term) for term in Term
}

_COUNTS_SQL: Final = """
WITH moved AS (
    SELECT outcome, error_code, messages FROM message_events
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND kind IN (3, 4)
    UNION ALL
    SELECT previous, %(silent)s, -messages FROM message_events
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND kind = 4
)
SELECT error_code, outcome, sum(messages)::bigint FROM moved GROUP BY error_code, outcome HAVING sum(messages) <> 0
"""


def outcome_counts(campaign_id: UUID) -> dict[Term, int]:
    """Messages of a campaign by final term, zeros included, exact at every moment.

    WAITING is no key: it is the campaign's target less the sum of these, people of unwritten chunks included.
    """
    counts: dict[Term, int] = {term: 0 for term in Term if term is not Term.WAITING}
    for _, outcome, messages in _moves(campaign_id):
        counts[TERM_OF[outcome]] += messages
    return counts


def failure_counts(campaign_id: UUID) -> list[tuple[str, Status, int]]:
    """(error_code, outcome, messages) of everything final and not delivered, the most frequent first."""
    failures = [row for row in _moves(campaign_id) if row[1] is not Status.DELIVERED]
    return sorted(failures, key=lambda row: (-row[2], row[0]))


def _moves(campaign_id: UUID) -> list[tuple[str, Status, int]]:
    parameters: dict[str, Any] = {"tenant": current_tenant_id(), "campaign": campaign_id, "silent": SILENT_CODE}
    with scoped_connection().cursor() as cursor:
        cursor.execute(_COUNTS_SQL, parameters)
        return [(code, Status(outcome), messages) for code, outcome, messages in cursor.fetchall()]


def messages_of(
    campaign_id: UUID, term: Term, *, before: str | None = None, after: str | None = None, size: int = PAGE_SIZE
) -> MessagePage:
    """The messages behind one term of a campaign's bar, the latest to reach it first; keys as MessagePage gave them.

    Three queries a page, whatever the campaign's size. WAITING holds written messages only, in order of their ids.
    """
    if term is Term.WAITING:
        waiting = Message.objects.filter(campaign_id=campaign_id, status__lt=FINAL_FROM)
        return by_id(waiting, before=before, after=after, size=size)
    return by_outcome(Outcomes(OUTCOMES_OF[term], campaign_id), before=before, after=after, size=size)


_CURRENT_SQL: Final = """
SELECT m.id, b.state, coalesce(array_position(b.ids, m.id) <= b.sent_upto, false)
    OR EXISTS (SELECT FROM operator_ids o WHERE o.tenant_id = %(tenant)s AND o.message_id = m.id AND o.at >= %(since)s)
FROM unnest(%(ids)s::uuid[], %(batches)s::uuid[]) AS m (id, batch_id)
JOIN batches b ON b.tenant_id = %(tenant)s AND b.id = m.batch_id
"""


def current_statuses(messages: Sequence[Message]) -> dict[UUID, Status]:
    """What each message is now, between accept and its end read from its batch; at most one query.

    Queued: a dispatcher has claimed it. Submitted: it went, or may have gone, to an operator.
    """
    current = {message.id: Status(message.status) for message in messages}
    open_ones = [message for message in messages if message.status < FINAL_FROM and message.batch_id]
    if not open_ones:
        return current
    parameters: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "since": min(message.accepted_at for message in open_ones),
        "ids": [message.id for message in open_ones],
        "batches": [message.batch_id for message in open_ones],
    }
    with scoped_connection().cursor() as cursor:
        cursor.execute(_CURRENT_SQL, parameters)
        for ident, state, is_sent in cursor.fetchall():
            current[ident] = _between(BatchState(state), current[ident], is_sent=is_sent)
    return current


def current_status(message: Message) -> Status:
    return current_statuses([message])[message.id]


def _between(state: BatchState, written: Status, *, is_sent: bool) -> Status:
    if is_sent or state in {BatchState.SENT, BatchState.CLOSED}:
        return Status.SUBMITTED
    if state == BatchState.LEASED:
        return Status.QUEUED
    if state == BatchState.READY:
        return Status.ACCEPTED
    return written


# A row of words is filed under the first of its messages, all of one millisecond.
_WORDS_SQL: Final = """
SELECT m.id, w.detail, w.remedy FROM unnest(%s::uuid[], %s::uuid[]) AS m (id, low)
JOIN refusal_words w ON w.tenant_id = %s AND w.id BETWEEN m.low AND m.id AND m.id = ANY(w.ids)"""


def explanations_of(messages: Sequence[Message]) -> dict[UUID, Explanation]:
    """Why each message that has an error_code failed: what accept told, as long as it is kept, else the code's words.

    At most one query.
    """
    known = {message.id: explain(message.error_code) for message in messages if message.error_code}
    blocked = [message for message in messages if message.status == Status.BLOCKED]
    if not blocked:
        return known
    idents = [message.id for message in blocked]
    lows = [uuid7_floor(message.accepted_at) for message in blocked]
    with scoped_connection().cursor() as cursor:
        cursor.execute(_WORDS_SQL, [idents, lows, current_tenant_id()])
        for ident, detail, remedy in cursor.fetchall():
            known[ident] = replace(known[ident], sentence=detail, remedy=remedy)
    return known


def explanation_of(message: Message) -> Explanation | None:
    return explanations_of([message]).get(message.id)


def text_of(message: Message) -> str | None:
    """The text as sent; None when its retention is over, or when it never had one."""
    return texts_of([message]).get(message.id)


def texts_of(messages: Sequence[Message]) -> dict[UUID, str]:
    """Texts by message id, as far as they are kept; one query a retention class."""
    texts: dict[UUID, str] = {}
    for days in {message.retention_days for message in messages}:
        idents = [message.id for message in messages if message.retention_days == days]
        with scoped_connection().cursor() as cursor:
            cursor.execute(
                "SELECT id, text FROM message_texts WHERE tenant_id = %s AND retention = %s AND id = ANY(%s)"
                " AND id BETWEEN %s AND %s",
                [current_tenant_id(), days, idents, min(idents), max(idents)],
            )
            texts |= dict(cursor.fetchall())
    return texts


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list of messages is narrowed to; `became` as in `Outcomes`, or the statuses of Term.WAITING."""

    recipient: str = ""
    campaign_id: UUID | None = None
    became: tuple[Status, ...] = ()
    error_code: str = ""
    traffic_class: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def find(wanted: Filter, *, before: str | None = None, after: str | None = None, size: int = PAGE_SIZE) -> MessagePage:
    """One page of the messages that fit, newest first: of final ones by the log, else by recipient, campaign or id."""
    is_of_log = bool(wanted.became) and wanted.became != OUTCOMES_OF[Term.WAITING] and not wanted.recipient
    if is_of_log:
        outcomes = Outcomes(
            wanted.became, wanted.campaign_id, wanted.error_code, wanted.traffic_class, wanted.since, wanted.until
        )
        return by_outcome(outcomes, before=before, after=after, size=size)
    conditions: dict[str, Any] = {
        "recipient": wanted.recipient or None,
        "campaign_id": wanted.campaign_id,
        "status__in": wanted.became or None,
        "error_code": wanted.error_code or None,
        "traffic_class": wanted.traffic_class,
        "id__gte": uuid7_floor(wanted.since) if wanted.since else None,
        "id__lt": uuid7_floor(wanted.until) if wanted.until else None,
    }
    given = {name: value for name, value in conditions.items() if value is not None}
    return by_id(Message.objects.filter(**given), before=before, after=after, size=size)
