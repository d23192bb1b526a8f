"""Batches that a standing stop of compliance keeps back, and what becomes of them when it is lifted.

A stop holds queued batches at once; a claim puts aside what comes later (`messaging.dispatcher.statements.CLAIM`), and
dispatchers give back what they have in stock. So nothing rests on this having seen every batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from compliance.models import Stop
from compliance.services.stops import Counts, barred
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id, platform_context, scoped_connection
from messaging.models import Batch
from messaging.services.campaign_control import STOPS_CHANNEL
from messaging.services.writing import CHANNEL
from messaging.statuses import BatchState, Hold

# One of these stops in particular; `s` is its row.
_OF_STOP: Final = """(CASE s.kind WHEN 'entity' THEN b.dlt_entity_id WHEN 'sender' THEN b.sender
    WHEN 'template' THEN b.template_id::text END = s.key AND starts_with(b.destination, s.prefix))"""
# A chain's key is the entity's id, a colon and the telemarketer's. Which routes end there tenants do not see: what is
# kept back of the entity, and by none of its other stops, is kept back for its chain.
_NEEDS_CHAIN: Final = """(s.kind = 'chain' AND split_part(s.key, ':', 1) = b.dlt_entity_id)"""
_IS_CHAIN_STOPPED: Final = f"""EXISTS (
    SELECT FROM compliance_stop s WHERE s.tenant_id = b.tenant_id AND {_NEEDS_CHAIN})"""
# Ready batches are found by their index, which begins with route and class; of what waits for its time there is little.
_HOLD_SQL: Final = f"""
WITH x AS MATERIALIZED (
    SELECT b.tenant_id, b.id, b.messages - least(b.sent_upto, b.messages) AS unsent
    FROM batches b JOIN compliance_stop s ON s.tenant_id = b.tenant_id AND s.id = %s
    WHERE b.tenant_id = %s AND {_OF_STOP} AND (
        b.state = {BatchState.READY} AND b.route_id = ANY(ARRAY(SELECT id FROM routing_route))
            AND b.traffic_class IN (0, 1, 2)
        OR b.state = {BatchState.WAITING}
        OR b.state = {BatchState.HELD} AND b.holds & {Hold.COMPLIANCE:d} = 0)
    ORDER BY b.id FOR UPDATE OF b),
moved AS (
    UPDATE batches b SET state = {BatchState.HELD}, holds = b.holds | {Hold.COMPLIANCE:d}
    FROM x WHERE b.tenant_id = x.tenant_id AND b.id = x.id)
SELECT coalesce(sum(unsent), 0)::int8 FROM x"""  # noqa: S608 - constants of ours, as in all statements below
_RELEASE: Final = f"""
    holds = b.holds & ~{Hold.COMPLIANCE:d},
    state = CASE WHEN b.holds <> {Hold.COMPLIANCE:d} THEN {BatchState.HELD}
        WHEN b.due_at > now() THEN {BatchState.WAITING} ELSE {BatchState.READY} END"""
_KEPT: Final = f"b.state = {BatchState.HELD} AND b.holds & {Hold.COMPLIANCE:d} <> 0"
_LIFT_SQL: Final = f"""
WITH moved AS (
    UPDATE batches b SET {_RELEASE}
    FROM (SELECT %s::text AS kind, %s::text AS key, %s::text AS prefix) s
    WHERE b.tenant_id = %s AND {_KEPT} AND ({_OF_STOP} OR {_NEEDS_CHAIN})
      AND NOT {barred("b")} AND NOT {_IS_CHAIN_STOPPED}
    RETURNING b.messages - least(b.sent_upto, b.messages) AS unsent)
SELECT coalesce(sum(unsent), 0)::int8 FROM moved"""  # noqa: S608
_LEFT_OVER_SQL: Final = f"""
UPDATE batches b SET {_RELEASE} WHERE {_KEPT} AND NOT {barred("b")} AND NOT {_IS_CHAIN_STOPPED}"""  # noqa: S608
_COUNT_SQL: Final = f"""
SELECT s.id, coalesce(sum(b.messages - least(b.sent_upto, b.messages)), 0)::int8
FROM compliance_stop s JOIN batches b ON b.tenant_id = s.tenant_id AND (
    {_OF_STOP} OR {_NEEDS_CHAIN} AND NOT {barred("b")})
WHERE s.tenant_id = %s AND s.id = ANY(%s) AND {_KEPT} GROUP BY s.id"""  # noqa: S608


class BatchKeeper:
    """A compliance.services.stops.Keeper: the messages."""

    def on_stop(self, stop: Stop, now: datetime) -> Counts:
        with bulk_cursor() as cursor:
            cursor.execute(_HOLD_SQL, [stop.pk, current_tenant_id()])
            (messages,) = cursor.fetchone() or (0,)
            cursor.execute("SELECT pg_notify(%s, '')", [STOPS_CHANNEL])
        return Counts(messages=messages)

    def on_lift(self, stop: Stop, now: datetime) -> Counts:
        with bulk_cursor() as cursor:
            cursor.execute(_LIFT_SQL, [stop.kind, stop.key, stop.prefix, current_tenant_id()])
            (messages,) = cursor.fetchone() or (0,)
            if messages:
                cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        return Counts(messages=messages)

    def kept(self, stops: list[Stop]) -> Mapping[UUID, Counts]:
        with scoped_connection().cursor() as cursor:
            cursor.execute(_COUNT_SQL, [current_tenant_id(), [each.pk for each in stops]])
            return {ident: Counts(messages=messages) for ident, messages in cursor.fetchall()}


def chain_stop_of(campaign_id: UUID) -> Stop | None:
    """The stop of a chain for which batches of a campaign are kept back, if there are any; one query or two."""
    compliance = [holds for holds in range(8) if holds & Hold.COMPLIANCE]
    kept = Batch.objects.filter(campaign_id=campaign_id, state=BatchState.HELD, holds__in=compliance)
    entity_id = kept.values_list("dlt_entity_id", flat=True).first()
    if not entity_id:
        return None
    return Stop.objects.filter(kind=Stop.Kind.CHAIN, key__startswith=f"{entity_id}:").order_by("pk").first()


def release_unstopped() -> int:
    """Give back what a claim put aside in the moment in which its stop was lifted; returns how many batches."""
    with platform_context(reason="release batches whose stop was lifted"), bulk_cursor() as cursor:
        cursor.execute(_LEFT_OVER_SQL)
        if released := cursor.rowcount:
            cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
        return released
