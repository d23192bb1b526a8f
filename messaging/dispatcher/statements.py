"""The dispatcher's SQL. Each statement names the tenant beside the id: 13 times faster than by id (docs/adr/0002)."""

from __future__ import annotations

from typing import Final

from compliance.services.stops import barred
from kernel.db.locks import DISPATCHER_LOCK
from messaging.statuses import FINAL_FROM, BatchState, Hold, Status

ENTER: Final = "SELECT set_config('role', 'dakiya_platform', true)"

# What follows walks the index batches_ready, which is in the order of its columns, and sorts nothing: the most urgent
# class of each route that has work, then its tenants from one to the next, each by a probe of its own (OFFSET 0: made
# once), going around from `after`. Each tenant's share is counted in messages; only what is taken is locked
# (docs/adr/0016).
_READY: Final = f"state = {BatchState.READY} AND route_id = {{0}}.route_id AND traffic_class = {{0}}.traffic_class"
_NEXT: Final = f"""coalesce(
    (SELECT tenant_id FROM batches WHERE {_READY} AND tenant_id > {{1}} ORDER BY tenant_id LIMIT 1),
    (SELECT tenant_id FROM batches WHERE {_READY} ORDER BY tenant_id LIMIT 1))"""  # noqa: S608 - constants of ours, as in all statements below
# Tenants that one claim looks at, and batches that it takes, of each of them and in all.
TENANTS_OF_A_CLAIM: Final = 24
BATCHES_OF_A_TURN: Final = 24
BATCHES_OF_A_CLAIM: Final = 64

# Batches of suspended tenants, of stopped campaigns, and of what compliance stopped are put aside by it too.
# Whether a tenant has any stop is asked once a turn, for hardly ever has one; then once for batches that are alike.
CLAIM: Final = f"""
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT r.route_id, x.traffic_class, r.n, r.after
    FROM unnest(%b::int4[], %b::int2[], %b::int2[], %b::int4[], %b::uuid[]) AS r (route_id, low, high, n, after)
    CROSS JOIN LATERAL (
        SELECT traffic_class FROM batches
        WHERE state = {BatchState.READY} AND route_id = r.route_id AND traffic_class BETWEEN r.low AND r.high
        ORDER BY traffic_class LIMIT 1) x),
walk AS (
    SELECT a.route_id, a.traffic_class, a.n, 1 AS place, f.tenant_id AS first, f.tenant_id
    FROM asked a CROSS JOIN LATERAL (SELECT {_NEXT.format("a", "a.after")} AS tenant_id OFFSET 0) f
    WHERE f.tenant_id IS NOT NULL
    UNION ALL
    SELECT w.route_id, w.traffic_class, w.n, w.place + 1, w.first, f.tenant_id
    FROM walk w CROSS JOIN LATERAL (SELECT {_NEXT.format("w", "w.tenant_id")} AS tenant_id OFFSET 0) f
    WHERE w.place < {TENANTS_OF_A_CLAIM} AND f.tenant_id <> w.first),
turns AS MATERIALIZED (
    SELECT w.*, ceil(w.n * t.send_weight::float8 / sum(t.send_weight) OVER (PARTITION BY w.route_id)) AS share,
        (SELECT s.kind FROM compliance_stop s WHERE s.tenant_id = w.tenant_id
         ORDER BY s.tenant_id, s.kind, s.key LIMIT 1) IS NOT NULL AS has_stops
    FROM walk w JOIN tenants_tenant t ON t.id = w.tenant_id
    WHERE NOT EXISTS (
        SELECT FROM unnest(%b::int4[], %b::int2[], %b::uuid[]) AS s (route_id, traffic_class, tenant_id)
        WHERE s.route_id = w.route_id AND s.traffic_class = w.traffic_class AND s.tenant_id = w.tenant_id)),
sized AS MATERIALIZED (
    SELECT r.route_id, r.traffic_class, r.tenant_id, r.n, r.place, r.has_stops, q.batches,
        sum(q.messages) OVER (PARTITION BY r.route_id ORDER BY r.place) - q.messages AS messages_before,
        sum(q.batches) OVER (PARTITION BY r.route_id ORDER BY r.place) - q.batches AS batches_before
    FROM turns r CROSS JOIN LATERAL (
        SELECT count(*) AS batches, coalesce(sum(messages), 0) AS messages FROM (
            SELECT b.messages, sum(b.messages) OVER (ORDER BY b.id) - b.messages AS before FROM (
                SELECT id, messages FROM batches WHERE {_READY.format("r")} AND tenant_id = r.tenant_id
                ORDER BY id LIMIT least(r.share, {BATCHES_OF_A_TURN})) b) o
        WHERE o.before < r.share) q),
c AS MATERIALIZED (
    SELECT x.*, s.place, s.has_stops FROM sized s CROSS JOIN LATERAL (
        SELECT tenant_id, id, campaign_id, template_id, sender, dlt_entity_id, destination
        FROM batches WHERE {_READY.format("s")} AND tenant_id = s.tenant_id
        ORDER BY id LIMIT s.batches FOR UPDATE SKIP LOCKED) x
    WHERE s.messages_before < s.n AND s.batches_before < {BATCHES_OF_A_CLAIM}),
k AS MATERIALIZED (
    SELECT DISTINCT tenant_id, template_id, sender, dlt_entity_id, destination FROM c WHERE has_stops),
stopped AS MATERIALIZED (SELECT k.* FROM k WHERE {barred("k")}),
d AS MATERIALIZED (
    SELECT c.tenant_id, c.id, c.place, t.send_weight, t.state = 'active' AS is_active,
        CASE WHEN s.id IS NULL THEN 0 ELSE {Hold.CAMPAIGN:d} END |
        CASE WHEN c.has_stops AND EXISTS (
            SELECT FROM stopped k WHERE k.tenant_id = c.tenant_id AND k.template_id IS NOT DISTINCT FROM c.template_id
              AND k.sender = c.sender AND k.dlt_entity_id = c.dlt_entity_id AND k.destination = c.destination)
        THEN {Hold.COMPLIANCE:d} ELSE 0 END AS holds
    FROM c JOIN tenants_tenant t ON t.id = c.tenant_id
    LEFT JOIN campaign_stops s ON s.tenant_id = c.tenant_id AND s.id = c.campaign_id),
e AS (SELECT d.*, d.is_active AND d.holds = 0 AS goes FROM d)
UPDATE batches b SET
    state = CASE WHEN e.goes THEN {BatchState.LEASED} ELSE {BatchState.HELD} END,
    holds = b.holds | e.holds,
    lease_token = CASE WHEN e.goes THEN %s::uuid END,
    lease_until = CASE WHEN e.goes THEN now() + %s::float8 * interval '1 s' END,
    lease_owner = %s
FROM e WHERE b.tenant_id = e.tenant_id AND b.id = e.id
RETURNING b.tenant_id, b.id, b.origin_id, b.route_id, b.candidates, b.traffic_class, b.source, b.campaign_id, b.sender,
    b.destination, b.destination_label, b.dlt_entity_id, b.dlt_template_id, b.charged_on, b.retention_days, b.ids,
    b.accepted_at, b.sent_upto, b.tries, b.state, e.send_weight, b.template_id, e.place"""  # noqa: S608 - constants of ours, values are parameters

# A chain is usable to the end of its last day in India, though nobody may have taken down yet that it is over.
_CHAIN_HOLDS: Final = (
    "c.portal_state = 'active' AND (c.valid_to IS NULL OR c.valid_to >= (now() AT TIME ZONE 'Asia/Kolkata')::date)"
)
# Of what is in stock, by number, what may not go any more: its campaign was paused or cancelled, what it stands on was
# stopped, or the chain that it names is not active now.
STOPPED: Final = f"""
SELECT b.n FROM unnest(%b::int4[], %b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[])
    AS b (n, tenant_id, campaign_id, template_id, sender, dlt_entity_id, destination, chain)
WHERE EXISTS (SELECT FROM campaign_stops s WHERE s.tenant_id = b.tenant_id AND s.id = b.campaign_id)
   OR {barred("b")}
   OR b.chain <> '' AND NOT EXISTS (
        SELECT FROM compliance_entity e JOIN compliance_chain c ON c.tenant_id = e.tenant_id AND c.entity_id = e.id
        WHERE e.tenant_id = b.tenant_id AND e.dlt_entity_id = b.dlt_entity_id AND c.hash = b.chain
          AND {_CHAIN_HOLDS})"""  # noqa: S608

# The chain of an entity that ends in a telemarketer, by number: its hash if it is active, and whether it was stopped.
CHAINS: Final = f"""
SELECT u.n, (
    SELECT c.hash FROM compliance_entity e JOIN compliance_chain c ON c.tenant_id = e.tenant_id AND c.entity_id = e.id
    WHERE e.tenant_id = u.tenant_id AND e.dlt_entity_id = u.entity_id AND c.delivery_id = u.telemarketer_id
      AND {_CHAIN_HOLDS}
    ORDER BY c.id DESC LIMIT 1),
    EXISTS (SELECT FROM compliance_stop s WHERE s.tenant_id = u.tenant_id AND s.kind = 'chain'
        AND s.key = u.entity_id || ':' || u.telemarketer_id)
FROM unnest(%b::int4[], %b::uuid[], %b::text[], %b::text[]) AS u (n, tenant_id, entity_id, telemarketer_id)"""  # noqa: S608
# Batches that cannot go over their route for want of a chain: on to the next candidate, else kept back.
LEAVE_ROUTE: Final = f"""
UPDATE batches b SET lease_token = NULL, lease_until = NULL,
    state = CASE WHEN b.candidates = '{{}}' THEN {BatchState.HELD} ELSE {BatchState.READY} END,
    holds = CASE WHEN b.candidates = '{{}}' THEN b.holds | {Hold.COMPLIANCE:d} ELSE b.holds END,
    route_id = coalesce(b.candidates[1], b.route_id), candidates = b.candidates[2:], tries = b.tries + 1
FROM unnest(%b::uuid[], %b::uuid[]) AS u (tenant_id, id)
WHERE b.tenant_id = u.tenant_id AND b.id = u.id AND b.lease_token = %s"""  # noqa: S608

LOAD: Final = f"""
SELECT uuid_send(id), recipient, segments, price_micros, is_unicode, extract(epoch FROM not_after)::float8 FROM messages
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND status < {FINAL_FROM}"""  # noqa: S608
TEXTS: Final = """
SELECT uuid_send(id), text FROM message_texts
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

# The fence: what it does not return is not ours any more. lease_until moves only when it must, for it is indexed. What
# goes back unwritten loses the mark that a claim made for it; in batches that stay, others mark at the same time.
FENCE: Final = f"""
UPDATE batches b SET state = u.state,
    lease_token = CASE WHEN u.state = {BatchState.LEASED} THEN b.lease_token END,
    lease_until = CASE WHEN u.state <> {BatchState.LEASED} THEN NULL
        WHEN b.lease_until < now() + %s::float8 * interval '1 s' THEN now() + %s::float8 * interval '1 s'
        ELSE b.lease_until END,
    sent_upto = CASE WHEN u.state = {BatchState.READY} THEN least(b.sent_upto, u.written) ELSE b.sent_upto END
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::int2[], %b::int4[]) AS u (tenant_id, id, token, state, written)
WHERE b.tenant_id = u.tenant_id AND b.id = u.id AND b.state = {BatchState.LEASED} AND b.lease_token = u.token
RETURNING b.id"""  # noqa: S608

# A dispatcher holds its lock as long as its connection lives, that is as long as it does itself: whose lock is free is
# gone, and its batches need not wait for the end of their leases. Its own a session would always find free.
HOLD_OWNER_LOCK: Final = f"SELECT pg_advisory_lock({DISPATCHER_LOCK}, hashtext(%s))"
TAKE_BACK: Final = f"""
WITH owners AS MATERIALIZED (SELECT DISTINCT lease_owner FROM batches WHERE state = {BatchState.LEASED}),
gone AS MATERIALIZED (
    SELECT lease_owner FROM owners
    WHERE CASE WHEN lease_owner = %s THEN false
        ELSE pg_try_advisory_xact_lock_shared({DISPATCHER_LOCK}, hashtext(lease_owner)) END)
UPDATE batches b SET state = {BatchState.READY}, lease_token = NULL, lease_until = NULL
FROM (SELECT tenant_id, id FROM batches
      WHERE state = {BatchState.LEASED} AND (lease_until < now() OR lease_owner IN (SELECT lease_owner FROM gone))
      LIMIT 500 FOR UPDATE SKIP LOCKED) x
WHERE b.tenant_id = x.tenant_id AND b.id = x.id"""  # noqa: S608

# Columns per message, constants per batch by number: fewer and smaller arrays. The usual messages, accepted and of one
# part, are there once in a flush; looking for conflicts would cost a probe and a second record each.
ACCEPTED_IDS: Final = """
INSERT INTO operator_ids (route_id, operator_key, tenant_id, message_id, part, parts, batch_id, at)
SELECT (%b::int4[])[u.n], u.key, (%b::uuid[])[u.n], u.message_id, 1, 1, (%b::uuid[])[u.n], %s
FROM unnest(%b::int2[], %b::text[], %b::uuid[]) AS u (n, key, message_id)"""
OPERATOR_IDS: Final = """
INSERT INTO operator_ids (route_id, operator_key, tenant_id, message_id, part, parts, batch_id, at)
SELECT (%b::int4[])[u.n], u.key, (%b::uuid[])[u.n], u.message_id, u.part, u.parts, (%b::uuid[])[u.n], %s
FROM unnest(%b::int2[], %b::text[], %b::uuid[], %b::int2[], %b::int2[]) AS u (n, key, message_id, part, parts)
ON CONFLICT DO NOTHING"""

# Their number is asked instead of their ids: hardly ever is one missing.
_COUNTED: Final = "WITH moved AS ({} RETURNING 1) SELECT count(*) FROM moved"
_FINAL: Final = f"""
UPDATE messages SET status = %s, error_code = %s, operator_code = %s, final_at = %s
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND status < {FINAL_FROM}"""  # noqa: S608
_CORRECT: Final = f"""
UPDATE messages SET status = %s, error_code = %s, operator_code = %s
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND status = {Status.UNKNOWN}"""  # noqa: S608

FINAL: Final = _COUNTED.format(_FINAL)
CORRECT: Final = _COUNTED.format(_CORRECT)
# Which of them this transaction changed.
CHANGED: Final = """
SELECT uuid_send(id) FROM messages
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s AND xmin = pg_current_xact_id()::xid"""
STATUSES: Final = """
SELECT uuid_send(id), status FROM messages WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s"""

# Parts: the message's row is the lock, so that two dispatchers with a part each see each other's.
LOCK_MESSAGES: Final = """
SELECT id FROM messages
WHERE tenant_id = %s AND id = ANY(%b::uuid[]) AND id BETWEEN %s AND %s ORDER BY id FOR NO KEY UPDATE"""
ADD_PARTS: Final = """
INSERT INTO message_parts (tenant_id, message_id, part, status, error_code, at)
SELECT %s, u.id, u.part, u.status, nullif(u.error_code, ''), %s
FROM unnest(%b::uuid[], %b::int2[], %b::int2[], %b::text[]) AS u (id, part, status, error_code)
ON CONFLICT DO NOTHING RETURNING uuid_send(message_id), part"""
DELIVERED_PARTS: Final = f"""
SELECT uuid_send(message_id), count(*) FROM message_parts
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
# positions which sent_upto counts stay. Its own counts what is in doubt, whoever claims it.
MOVE: Final = f"""
INSERT INTO batches (id, tenant_id, origin_id, route_id, candidates, traffic_class, source, campaign_id, campaign_label,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, charged_on, retention_days,
    ids, messages, accepted_at, due_at, not_after, state, sent_upto, tries, lease_owner)
SELECT %s, tenant_id, origin_id, %s, %b::int4[], traffic_class, source, campaign_id, campaign_label,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, charged_on, retention_days,
    %b::uuid[], %s, accepted_at, due_at, not_after, {BatchState.READY}, %s, %s, ''
FROM batches WHERE tenant_id = %s AND id = %s"""  # noqa: S608
LEAVE: Final = """
UPDATE batches SET ids = %b::uuid[], messages = %s WHERE tenant_id = %s AND id = %s AND lease_token = %s"""
NOTIFY: Final = "SELECT pg_notify(%s, '')"

# Receipts are mostly hours old: the id map has a partition a day, and the older ones are asked for the rest only.
_MATCH: Final = """
SELECT o.route_id, o.operator_key, o.tenant_id, uuid_send(o.message_id), o.part, abs(o.parts), o.batch_id, o.at,
    m.recipient, m.segments, m.price_micros
FROM operator_ids o JOIN messages m ON m.tenant_id = o.tenant_id AND m.id = o.message_id
WHERE o.route_id = ANY(%b::int4[]) AND o.operator_key = ANY(%b::text[]) AND {}
ORDER BY o.at"""
MATCH: Final = _MATCH.format("o.at > now() - interval '1 day'")
MATCH_OLDER: Final = _MATCH.format("o.at > now() - interval '10 days' AND o.at <= now() - interval '1 day'")
TERMS: Final = """
SELECT b.tenant_id, b.id, b.campaign_id, b.source, b.traffic_class, b.destination, b.destination_label, b.charged_on,
    b.accepted_at
FROM batches b JOIN unnest(%b::uuid[], %b::uuid[]) AS u (tenant_id, id) ON b.tenant_id = u.tenant_id AND b.id = u.id"""

# One that another dispatcher ends at this moment is its.
INFERRED: Final = f"""
SELECT o.route_id, m.tenant_id, uuid_send(m.id), abs(o.parts), o.batch_id,
    (extract(epoch FROM p.at - o.at) * 1000)::int4, m.segments, m.price_micros
FROM message_parts p
JOIN operator_ids o ON o.tenant_id = p.tenant_id AND o.message_id = p.message_id AND o.part = p.part
JOIN messages m ON m.tenant_id = p.tenant_id AND m.id = p.message_id
WHERE o.route_id = ANY(%b::int4[]) AND p.at BETWEEN %s AND %s AND p.message_id >= %s AND o.at > %s
  AND p.status = {Status.DELIVERED} AND m.status < {FINAL_FROM}
LIMIT 2000 FOR NO KEY UPDATE OF m SKIP LOCKED"""  # noqa: S608
INFER_PARTS: Final = f"""
INSERT INTO message_parts (tenant_id, message_id, part, status, error_code, at)
SELECT u.tenant_id, u.message_id, part, {Status.DELIVERED}, 'inferred', %s
FROM unnest(%b::uuid[], %b::uuid[], %b::int2[]) AS u (tenant_id, message_id, parts), generate_series(1, u.parts) part
ON CONFLICT DO NOTHING"""  # noqa: S608

DUE_UNMATCHED: Final = """
SELECT id, route_id, operator_ids, recipient, destination, state, stat, err, tries FROM unmatched_receipts
WHERE next_try_at <= now() ORDER BY next_try_at LIMIT 500 FOR UPDATE SKIP LOCKED"""
KEEP_UNMATCHED: Final = """
INSERT INTO unmatched_receipts (route_id, operator_ids, recipient, destination, submitted, state, stat, err,
    received_at, next_try_at, tries)
SELECT u.route_id, string_to_array(u.keys, E'\\x1f'), u.recipient, u.destination, u.submitted, u.state, u.stat, u.err,
    %s, %s::timestamptz + interval '1 s', 0
FROM unnest(%b::int4[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[])
    AS u (route_id, keys, recipient, destination, submitted, state, stat, err)"""
RETRY_UNMATCHED: Final = """
UPDATE unmatched_receipts r SET tries = u.tries, next_try_at = now() + u.pause * interval '1 s'
FROM unnest(%b::int8[], %b::int2[], %b::float8[]) AS u (id, tries, pause) WHERE r.id = u.id"""
FORGET_UNMATCHED: Final = "DELETE FROM unmatched_receipts WHERE id = ANY(%b::int8[])"
