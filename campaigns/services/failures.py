"""Numbers that failed for good: counted from messages whenever the log says so, and dealt with in bulk.

Counting is repeatable: a number that failed is counted anew from its messages, so a span read twice changes nothing,
and nothing is written where messages are (docs/rules.md#list-hygiene).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.services import Actor, record
from campaigns.errors import NotFound
from campaigns.hygiene.statuses import SUGGESTED_AT, RemovalKind
from campaigns.models import NumberFailure, Removal
from compliance.services.suppression import suppress, unsuppress
from kernel.db.bulk import bulk_cursor
from kernel.db.events import SPAN_SQL, Span, advance, reading
from kernel.db.tenancy import current_tenant_id, platform_context, scoped_connection
from kernel.domain.catalogue import CATALOGUE, Group
from kernel.domain.errors import DomainError
from messaging.statuses import EventKind, Status

READER: Final = "campaigns.failures"
# An event names 500 messages at most.
EVENTS_AT_ONCE: Final = 500
MAX_ROUNDS: Final = 50
# Of one removal: one transaction, some seconds.
MOST_AT_ONCE: Final = 20_000
PERMANENT: Final = sorted(code for code, meaning in CATALOGUE.items() if meaning.group is Group.NUMBER)
FAILED: Final = [Status.UNDELIVERED.value, Status.REJECTED.value, Status.FAILED.value]
_ENDS: Final = [EventKind.FINAL.value, EventKind.CORRECTED.value]

_LAST_SQL: Final = f"""
SELECT taken.xid::text::bigint, taken.id FROM (
    SELECT e.xid, e.id FROM message_events e WHERE {SPAN_SQL} ORDER BY e.xid, e.id LIMIT %s
) taken ORDER BY taken.xid DESC, taken.id DESC LIMIT 1"""  # noqa: S608 - constants of ours, values are parameters
_TAKEN: Final = "(e.xid, e.id) > (%s::text::xid8, %s) AND (e.xid, e.id) <= (%s::text::xid8, %s)"
# Each number that failed in the span, counted from all its messages behind its last delivery.
_COUNT_SQL: Final = f"""
WITH touched AS (
    SELECT DISTINCT m.tenant_id, m.recipient FROM message_events e CROSS JOIN LATERAL unnest(e.ids) u(id)
    JOIN messages m ON m.tenant_id = e.tenant_id AND m.id = u.id
    WHERE {_TAKEN} AND e.kind = ANY(%b) AND e.outcome = ANY(%b) AND e.error_code = ANY(%b)
), counted AS (
    SELECT t.tenant_id, t.recipient, f.failures, f.ids[1] AS last_id, f.codes[1] AS last_code, f.last_at
    FROM touched t
    LEFT JOIN LATERAL (
        SELECT m.id FROM messages m WHERE m.tenant_id = t.tenant_id AND m.recipient = t.recipient AND m.status = %s
        ORDER BY m.id DESC LIMIT 1
    ) d ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS failures, array_agg(m.id ORDER BY m.id DESC) AS ids,
            array_agg(m.error_code ORDER BY m.id DESC) AS codes, max(m.final_at) AS last_at
        FROM messages m
        WHERE m.tenant_id = t.tenant_id AND m.recipient = t.recipient AND m.status = ANY(%b)
          AND m.error_code = ANY(%b) AND (d.id IS NULL OR m.id > d.id)
    ) f
    WHERE f.failures > 0
)
INSERT INTO campaigns_numberfailure (tenant_id, id, phone, failures, last_code, last_message_id, last_at)
SELECT tenant_id, gen_random_uuid(), recipient, failures, last_code, last_id, coalesce(last_at, %s)
FROM counted ORDER BY tenant_id, recipient
ON CONFLICT (tenant_id, phone) DO UPDATE SET failures = excluded.failures, last_code = excluded.last_code,
    last_message_id = excluded.last_message_id, last_at = excluded.last_at"""  # noqa: S608 - constants of ours
# Few numbers fail for good, so they are asked about, not each delivery.
_CLEAR_SQL: Final = f"""
DELETE FROM campaigns_numberfailure f
WHERE f.tenant_id IN (
    SELECT e.tenant_id FROM message_events e WHERE {_TAKEN} AND e.kind = ANY(%b) AND e.outcome = %s
) AND EXISTS (
    SELECT FROM messages m WHERE m.tenant_id = f.tenant_id AND m.recipient = f.phone AND m.id > f.last_message_id
      AND m.status = %s
)"""  # noqa: S608 - constants of ours, values are parameters

_REMOVE_SQL: Final = """
WITH gone AS (
    DELETE FROM campaigns_membership m USING campaigns_contact c
    WHERE m.tenant_id = %(tenant)s AND c.tenant_id = %(tenant)s AND c.phone = ANY(%(phones)b::text[])
      AND m.contact_id = c.id
    RETURNING m.contact_list_id, m.contact_id, m.import_id
), kept AS (
    INSERT INTO campaigns_removedmember (tenant_id, id, removal_id, contact_list_id, contact_id, import_id)
    SELECT %(tenant)s, gen_random_uuid(), %(removal)s, contact_list_id, contact_id, import_id FROM gone
), sized AS (
    UPDATE campaigns_contactlist l SET size = l.size - g.people
    FROM (SELECT contact_list_id, count(*) AS people FROM gone GROUP BY 1) g
    WHERE l.tenant_id = %(tenant)s AND l.id = g.contact_list_id
)
SELECT count(*) FROM gone"""
_PUT_BACK_SQL: Final = """
WITH kept AS (
    SELECT contact_list_id, contact_id, import_id FROM campaigns_removedmember
    WHERE tenant_id = %(tenant)s AND removal_id = %(removal)s
), back AS (
    INSERT INTO campaigns_membership (tenant_id, id, contact_list_id, contact_id, import_id)
    SELECT %(tenant)s, gen_random_uuid(), contact_list_id, contact_id, import_id FROM kept
    ON CONFLICT (tenant_id, contact_list_id, contact_id) DO NOTHING
    RETURNING contact_list_id
), sized AS (
    UPDATE campaigns_contactlist l SET size = l.size + b.people
    FROM (SELECT contact_list_id, count(*) AS people FROM back GROUP BY 1) b
    WHERE l.tenant_id = %(tenant)s AND l.id = b.contact_list_id
)
SELECT count(*) FROM back"""


class NothingToRemove(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "nothing_to_remove",
            "None of these numbers is suggested for removal any more.",
            "Load the page again: somebody was faster, or a message arrived.",
        )


class AlreadyUndone(DomainError):
    def __init__(self) -> None:
        super().__init__("already_undone", "This was taken back before.", "Load the page again.")


def count_failures(*, now: datetime, limit: int = EVENTS_AT_ONCE) -> bool:
    """Read the next events, in one transaction; True when there may be more."""
    with platform_context(reason="count numbers that failed for good"), reading(READER) as span:
        last = _last(span, limit)
        if last is None:
            return False
        taken = [span.xid, span.event_id, *last]
        with bulk_cursor() as cursor:
            cursor.execute(
                _COUNT_SQL,
                [*taken, _ENDS, FAILED, PERMANENT, Status.DELIVERED.value, FAILED, PERMANENT, now],
            )
            delivered = Status.DELIVERED.value
            cursor.execute(_CLEAR_SQL, [*taken, _ENDS, delivered, delivered])
        advance(READER, xid=last[0], event_id=last[1])
    return True


def count_all(*, now: datetime, limit: int = EVENTS_AT_ONCE) -> int:
    """Count until nothing is left, but not for ever; returns the rounds that found events."""
    for number in range(MAX_ROUNDS):
        if not count_failures(now=now, limit=limit):
            return number
    return MAX_ROUNDS


def _last(span: Span, limit: int) -> tuple[int, int] | None:
    with scoped_connection().cursor() as cursor:
        cursor.execute(_LAST_SQL, [span.xid, span.event_id, span.horizon, limit])
        row: tuple[int, int] | None = cursor.fetchone()
        return row


def suggested_count() -> int:
    """Numbers suggested for removal in the current tenant."""
    return NumberFailure.objects.filter(failures__gte=SUGGESTED_AT, settled_by=None).count()


def settle(*, kind: RemovalKind, actor: Actor, now: datetime, failure_ids: Sequence[UUID] | None = None) -> Removal:
    """Take suggested numbers off all lists, or suppress them: those of `failure_ids`, or all, MOST_AT_ONCE at most.

    Raises:
        NothingToRemove: none of them is suggested.
    """
    with transaction.atomic(using=scoped_connection().alias):
        suggested = NumberFailure.objects.filter(failures__gte=SUGGESTED_AT, settled_by=None)
        if failure_ids is not None:
            suggested = suggested.filter(pk__in=failure_ids)
        rows = list(suggested.select_for_update().order_by("pk")[:MOST_AT_ONCE])
        if not rows:
            raise NothingToRemove
        phones = [row.phone for row in rows]
        made = Removal.objects.create(
            kind=kind, numbers=len(rows), actor_id=actor.id, actor_label=actor.label[:255], at=now
        )
        if kind == RemovalKind.REMOVE:
            made.memberships = _moved(_REMOVE_SQL, made, phones)
        else:
            made.opt_out_ids = suppress(recipients=phones, now=now)
        made.save(update_fields=["memberships", "opt_out_ids"])
        NumberFailure.objects.filter(pk__in=[row.pk for row in rows]).update(settled_by=made.pk)
        done = "Took off all lists" if kind == RemovalKind.REMOVE else "Suppressed"
        _note(made, "removal.create", actor, f"{done} {len(rows)} numbers that failed for good", now)
    return made


def undo(*, removal_id: UUID, actor: Actor, now: datetime) -> Removal:
    """Put people back on their lists, or lift what was suppressed; the numbers are suggested again.

    Raises:
        NotFound: there is no such removal.
        AlreadyUndone: it was taken back before.
    """
    with transaction.atomic(using=scoped_connection().alias):
        made = Removal.objects.select_for_update().filter(pk=removal_id).first()
        if made is None:
            raise NotFound("removal")
        if made.undone_at is not None:
            raise AlreadyUndone
        if made.kind == RemovalKind.REMOVE:
            _moved(_PUT_BACK_SQL, made, [])
            made.members.all().delete()
        else:
            unsuppress(opt_out_ids=made.opt_out_ids, proof=f"Taken back by {actor.label}", now=now)
        made.undone_at = now
        made.save(update_fields=["undone_at"])
        NumberFailure.objects.filter(settled_by=made.pk).update(settled_by=None)
        _note(made, "removal.undo", actor, f"Took back what was done to {made.numbers} numbers", now)
    return made


def _moved(sql: str, of: Removal, phones: Sequence[str]) -> int:
    with bulk_cursor() as cursor:
        cursor.execute(sql.encode(), {"tenant": current_tenant_id(), "removal": of.pk, "phones": list(phones)})
        (moved,) = cursor.fetchone() or (0,)
    return int(moved)


def _note(of: Removal, action: str, actor: Actor, summary: str, now: datetime) -> None:
    record(
        action=action,
        actor=actor,
        object_type="removal",
        object_id=of.pk,
        summary=summary,
        after={"kind": of.kind, "numbers": of.numbers, "memberships": of.memberships},
        now=now,
    )
