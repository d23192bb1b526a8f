"""The dispatcher's SQL. Each statement names the tenant beside the id: 13 times faster than by id (docs/adr/0002)."""

from __future__ import annotations

from typing import Final

from messaging.statuses import FINAL_FROM, BatchState, Status

ENTER: Final = "SELECT set_config('role', 'dakiya_platform', true)"

# One index probe per (route, classes): `route_id = ANY(…) ORDER BY` would sort the whole queue (docs/adr/0003).
# Batches of a suspended tenant are put aside by the same statement.
CLAIM: Final = f"""
WITH c AS MATERIALIZED (
    SELECT x.tenant_id, x.id FROM unnest(%b::int4[], %b::int2[], %b::int2[], %b::int4[]) AS r (route_id, low, high, n)
    CROSS JOIN LATERAL (
        SELECT tenant_id, id FROM batches
        WHERE route_id = r.route_id AND state = {BatchState.READY} AND traffic_class BETWEEN r.low AND r.high
        ORDER BY traffic_class, id LIMIT r.n FOR UPDATE SKIP LOCKED) x)
UPDATE batches b SET
    state = CASE WHEN t.state = 'active' THEN {BatchState.LEASED} ELSE {BatchState.HELD} END,
    lease_token = CASE WHEN t.state = 'active' THEN %s::uuid END,
    lease_until = CASE WHEN t.state = 'active' THEN now() + %s::float8 * interval '1 s' END,
    lease_owner = %s
FROM c JOIN tenants_tenant t ON t.id = c.tenant_id
WHERE b.tenant_id = c.tenant_id AND b.id = c.id
RETURNING b.tenant_id, b.id, b.origin_id, b.route_id, b.candidates, b.traffic_class, b.source, b.campaign_id, b.sender,
    b.destination, b.destination_label, b.dlt_entity_id, b.dlt_template_id, b.charged_on, b.retention_days, b.ids,
    b.accepted_at, b.sent_upto, b.tries, b.state"""  # noqa: S608 - constants of ours, as in all statements below

LOAD: Final = f"""
SELECT id, recipient, segments, price_micros, is_unicode, extract(epoch FROM not_after)::float8 FROM messages
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND status < {FINAL_FROM}"""  # noqa: S608
TEXTS: Final = """
SELECT id, text FROM message_texts
WHERE tenant_id = %s AND retention = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s"""

# A row with parts above 0 says: counted as submitted, and charged where submission is charged. The time only leaves
# partitions out: clocks of the machine that accepted and the one that sent differ.
SUBMITTED_OF: Final = """
SELECT DISTINCT message_id FROM operator_ids
WHERE tenant_id = %s AND message_id = ANY(%b::uuid[]) AND at >= %s::timestamptz - interval '1 day' AND parts > 0"""
# Ended by a receipt, not by us: our own endings of these states write no "stat:".
ENDED_BY_RECEIPT: Final = f"""
SELECT id, segments, price_micros FROM messages
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s
  AND (status IN ({Status.DELIVERED}, {Status.UNDELIVERED}, {Status.UNKNOWN}) OR
       status IN ({Status.EXPIRED}, {Status.REJECTED}) AND starts_with(operator_code, 'stat:'))"""  # noqa: S608

SENT_UPTO: Final = f"""
UPDATE batches b SET sent_upto = greatest(b.sent_upto, u.n)
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::int4[]) AS u (tenant_id, id, token, n)
WHERE b.tenant_id = u.tenant_id AND b.id = u.id AND b.state = {BatchState.LEASED} AND b.lease_token = u.token
  AND b.lease_until > now() + %s::float8 * interval '1 s'
RETURNING b.id"""  # noqa: S608

# The fence: what it does not return is not ours any more. lease_until moves only when it must, for it is indexed.
FENCE: Final = f"""
UPDATE batches b SET state = u.state,
    lease_token = CASE WHEN u.state = {BatchState.LEASED} THEN b.lease_token END,
    lease_until = CASE WHEN u.state <> {BatchState.LEASED} THEN NULL
        WHEN b.lease_until < now() + %s::float8 * interval '1 s' THEN now() + %s::float8 * interval '1 s'
        ELSE b.lease_until END
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::int2[]) AS u (tenant_id, id, token, state)
WHERE b.tenant_id = u.tenant_id AND b.id = u.id AND b.state = {BatchState.LEASED} AND b.lease_token = u.token
RETURNING b.id"""  # noqa: S608

TAKE_BACK: Final = f"""
UPDATE batches b SET state = {BatchState.READY}, lease_token = NULL, lease_until = NULL
FROM (SELECT tenant_id, id FROM batches WHERE state = {BatchState.LEASED} AND lease_until < now()
      LIMIT 500 FOR UPDATE SKIP LOCKED) x
WHERE b.tenant_id = x.tenant_id AND b.id = x.id"""  # noqa: S608

# Batches of a route that has no line go to their next candidate.
FAIL_OVER: Final = f"""
UPDATE batches b SET route_id = b.candidates[1], candidates = b.candidates[2:], tries = b.tries + 1
FROM (SELECT tenant_id, id FROM batches
      WHERE route_id = ANY(%b::int4[]) AND state = {BatchState.READY} AND traffic_class BETWEEN %s AND %s
        AND cardinality(candidates) > 0
      ORDER BY route_id, traffic_class, id LIMIT 500 FOR UPDATE SKIP LOCKED) x
WHERE b.tenant_id = x.tenant_id AND b.id = x.id"""  # noqa: S608

# Columns per message, constants per batch by number: fewer and smaller arrays.
OPERATOR_IDS: Final = """
INSERT INTO operator_ids (route_id, operator_key, tenant_id, message_id, part, parts, batch_id, at)
SELECT (%b::int4[])[u.n], u.key, (%b::uuid[])[u.n], u.message_id, u.part, u.parts, (%b::uuid[])[u.n], %s
FROM unnest(%b::int2[], %b::text[], %b::uuid[], %b::int2[], %b::int2[]) AS u (n, key, message_id, part, parts)
ON CONFLICT DO NOTHING"""

FINAL: Final = f"""
UPDATE messages SET status = %s, error_code = %s, operator_code = %s, final_at = %s
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND status < {FINAL_FROM} RETURNING id"""  # noqa: S608
CORRECT: Final = f"""
UPDATE messages SET status = %s, error_code = %s, operator_code = %s
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND status = {Status.UNKNOWN} RETURNING id"""  # noqa: S608

# Parts: the message's row is the lock, so that two dispatchers with a part each see each other's.
LOCK_MESSAGES: Final = """
SELECT id FROM messages
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s ORDER BY id FOR NO KEY UPDATE"""
ADD_PARTS: Final = """
INSERT INTO message_parts (tenant_id, message_id, part, status, error_code, at)
SELECT %s, u.id, u.part, u.status, nullif(u.error_code, ''), %s
FROM unnest(%b::uuid[], %b::int2[], %b::int2[], %b::text[]) AS u (id, part, status, error_code)
ON CONFLICT DO NOTHING RETURNING message_id, part"""
DELIVERED_PARTS: Final = f"""
SELECT message_id, count(*) FROM message_parts
WHERE tenant_id = %s AND message_id = ANY(%b::uuid[]) AND status = {Status.DELIVERED} GROUP BY message_id"""  # noqa: S608

EVENTS: Final = """
INSERT INTO message_events (tenant_id, at, kind, batch_id, campaign_id, route_id, traffic_class, source, destination,
    outcome, previous, error_code, messages, segments, charged_micros, cost_micros, latency_ms, cohort_at, ids)
SELECT u.tenant_id, %s, u.kind, u.batch_id, u.campaign_id, u.route_id, u.traffic_class, u.source, u.destination,
    u.outcome, u.previous, u.error_code, u.high - u.low + 1, u.segments, u.charged, u.cost, u.latency, u.cohort_at,
    (%b::uuid[])[u.low:u.high]
FROM unnest(%b::uuid[], %b::int2[], %b::uuid[], %b::uuid[], %b::int4[], %b::int2[], %b::int2[], %b::text[], %b::int2[],
    %b::int2[], %b::text[], %b::int4[], %b::int8[], %b::int8[], %b::int8[], %b::timestamptz[], %b::int4[], %b::int4[])
    AS u (tenant_id, kind, batch_id, campaign_id, route_id, traffic_class, source, destination, outcome,
          previous, error_code, segments, charged, cost, latency, cohort_at, low, high)"""

# Messages that go another way: a new batch with a copy of everything, and the nil id in their old places, so that the
# positions which sent_upto counts stay.
MOVE: Final = f"""
INSERT INTO batches (id, tenant_id, origin_id, route_id, candidates, traffic_class, source, campaign_id, campaign_label,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, charged_on, retention_days,
    ids, messages, accepted_at, due_at, not_after, state, sent_upto, tries, lease_owner)
SELECT %s, tenant_id, origin_id, %s, %b::int4[], traffic_class, source, campaign_id, campaign_label,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, charged_on, retention_days,
    %b::uuid[], %s, accepted_at, due_at, not_after, {BatchState.READY}, 0, %s, ''
FROM batches WHERE tenant_id = %s AND id = %s"""  # noqa: S608
LEAVE: Final = """
UPDATE batches SET ids = %b::uuid[], messages = %s WHERE tenant_id = %s AND id = %s AND lease_token = %s"""
NOTIFY: Final = "SELECT pg_notify(%s, '')"

MATCH: Final = """
SELECT o.route_id, o.operator_key, o.tenant_id, o.message_id, o.part, abs(o.parts), o.batch_id, o.at,
    m.recipient, m.segments, m.price_micros
FROM operator_ids o JOIN messages m ON m.tenant_id = o.tenant_id AND m.id = o.message_id
WHERE o.route_id = ANY(%b::int4[]) AND o.operator_key = ANY(%b::text[]) AND o.at > now() - interval '10 days'
ORDER BY o.at"""
TERMS: Final = """
SELECT b.tenant_id, b.id, b.campaign_id, b.source, b.traffic_class, b.destination, b.destination_label, b.charged_on,
    b.accepted_at
FROM batches b JOIN unnest(%b::uuid[], %b::uuid[]) AS u (tenant_id, id) ON b.tenant_id = u.tenant_id AND b.id = u.id"""

DUE_UNMATCHED: Final = """
SELECT id, route_id, operator_ids, recipient, state, stat, err, tries FROM unmatched_receipts
WHERE next_try_at <= now() AND route_id = ANY(%b::int4[]) ORDER BY next_try_at LIMIT 500 FOR UPDATE SKIP LOCKED"""
KEEP_UNMATCHED: Final = """
INSERT INTO unmatched_receipts (route_id, operator_ids, recipient, state, stat, err, received_at, next_try_at, tries)
SELECT u.route_id, string_to_array(u.keys, E'\\x1f'), u.recipient, u.state, u.stat, u.err, %s,
    %s::timestamptz + interval '1 s', 0
FROM unnest(%b::int4[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
    AS u (route_id, keys, recipient, state, stat, err)"""
RETRY_UNMATCHED: Final = """
UPDATE unmatched_receipts r SET tries = u.tries, next_try_at = now() + u.pause * interval '1 s'
FROM unnest(%b::int8[], %b::int2[], %b::float8[]) AS u (id, tries, pause) WHERE r.id = u.id"""
FORGET_UNMATCHED: Final = "DELETE FROM unmatched_receipts WHERE id = ANY(%b::int8[])"
