"""The end of what is not dropped by partition: deleted every night in short transactions (docs/adr/0014)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import platform_context
from kernel.domain.ids import uuid7_floor
from messaging.statuses import BatchState
from tenants.queries import all_tenant_ids

STRIDE: Final = 500
IDEMPOTENCY_HOURS: Final = 24
UNMATCHED_DAYS: Final = 7
# Texts that people sent (docs/rules.md#replies).
INBOUND_DAYS: Final = 90
# A late receipt may correct a message for ten days after its submission, which its batch's terms are needed for.
BATCH_DAYS: Final = 14
# Weekly partitions of messages go up to seven days after their time; a day more for clocks.
_SLACK: Final = timedelta(days=8)

# Rows in the order of their key, a stride at a time: how far it came, how many it looked at, how many are gone.
_STRIDE_SQL: Final = """
WITH head AS MATERIALIZED (
    SELECT id, {is_over} AS is_over FROM {table} WHERE {within} AND id > %s AND {old} ORDER BY id LIMIT %s
), gone AS (
    DELETE FROM {table} t USING head WHERE {same} AND t.id = head.id AND head.is_over RETURNING 1
)
SELECT (array_agg(id ORDER BY id DESC))[1], count(*), (SELECT count(*) FROM gone) FROM head"""
_TENANTS: Final = {"within": "tenant_id = %s", "same": "t.tenant_id = %s"}
# Whatever follows the first row that is not old is not old either: the head is empty there.
_BATCHES: Final = _STRIDE_SQL.format(
    table="batches",
    is_over=f"state IN ({BatchState.CLOSED}, {BatchState.CANCELLED}) AND not_after < %s",
    old="id < %s",
    **_TENANTS,
)
_KEYS: Final = _STRIDE_SQL.format(table="idempotency_keys", is_over="created_at < %s", old="id < %s", **_TENANTS)
_INBOUND: Final = _STRIDE_SQL.format(table="inbound_messages", is_over="received_at < %s", old="id < %s", **_TENANTS)
_UNMATCHED_INBOUND: Final = _STRIDE_SQL.format(
    table="unmatched_inbound", is_over="received_at < %s", old="true", within="true", same="true"
)
_EVENTS: Final = _STRIDE_SQL.format(table="message_events", is_over="at < %s", old="true", **_TENANTS)
_RECEIPTS: Final = _STRIDE_SQL.format(
    table="unmatched_receipts", is_over="received_at < %s", old="true", within="true", same="true"
)
# These are kept as long as a text each, so that they end in no order of their keys.
_WORDS: Final = """
WITH gone AS (
    DELETE FROM refusal_words t USING (
        SELECT tenant_id, id FROM refusal_words WHERE until < %s ORDER BY until LIMIT %s
    ) head WHERE t.tenant_id = head.tenant_id AND t.id = head.id RETURNING 1
)
SELECT NULL, count(*), count(*) FROM gone"""


def kept_since(now: datetime) -> datetime:
    """Messages accepted from this UTC midnight on are complete, and so is the log of them: older ones may be going."""
    limit = now - timedelta(days=settings.MESSAGE_RETENTION_DAYS) + _SLACK
    return limit.replace(hour=0, minute=0, second=0, microsecond=0)


def forget_old(now: datetime) -> dict[str, int]:
    """Delete what is over; returns rows by table. The log's own policy refuses what is younger than a month."""
    log_limit = now - timedelta(days=settings.MESSAGE_RETENTION_DAYS)
    gone = {"batches": 0, "idempotency_keys": 0, "inbound_messages": 0, "message_events": 0}
    for tenant in all_tenant_ids():
        gone["batches"] += _forget_by_time(_BATCHES, tenant, now - timedelta(days=BATCH_DAYS))
        gone["idempotency_keys"] += _forget_by_time(_KEYS, tenant, now - timedelta(hours=IDEMPOTENCY_HOURS))
        gone["inbound_messages"] += _forget_by_time(_INBOUND, tenant, now - timedelta(days=INBOUND_DAYS))
        gone["message_events"] += _forget_in_order(_EVENTS, [tenant], log_limit)
    gone["unmatched_receipts"] = _forget_in_order(_RECEIPTS, [], now - timedelta(days=UNMATCHED_DAYS))
    gone["unmatched_inbound"] = _forget_in_order(_UNMATCHED_INBOUND, [], now - timedelta(days=UNMATCHED_DAYS))
    gone["refusal_words"] = _forget_words(now)
    return gone


def _forget_words(now: datetime) -> int:
    total, deleted = 0, STRIDE
    while deleted == STRIDE:
        _, _, deleted = _stride(_WORDS, [now, STRIDE])
        total += deleted
    return total


def _forget_by_time(statement: str, tenant_id: UUID, limit: datetime) -> int:
    """Keys tell the time: everything below that of `limit` is looked at, and what is over goes."""
    after, total, seen = UUID(int=0), 0, STRIDE
    while seen == STRIDE:
        bounds = [limit, tenant_id, after, uuid7_floor(limit), STRIDE, tenant_id]
        last, seen, deleted = _stride(statement, bounds)
        after, total = last or after, total + deleted
    return total


def _forget_in_order(statement: str, tenant: Sequence[UUID], limit: datetime) -> int:
    """Keys are numbers in the order of writing: the oldest stride goes until one has nothing that is over."""
    after, total, deleted = 0, 0, STRIDE
    while deleted:
        last, _, deleted = _stride(statement, [limit, *tenant, after, STRIDE, *tenant])
        after, total = last or after, total + deleted
    return total


def _stride(statement: str, parameters: list[Any]) -> tuple[Any, int, int]:
    with platform_context(reason="forget what is over"), bulk_cursor() as cursor:
        cursor.execute(statement.encode(), parameters)
        ((last, seen, deleted),) = cursor.fetchall()
    return last, seen, deleted
