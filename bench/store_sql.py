"""What fills the benchmarks' store: half a year of messages, made inside PostgreSQL from a plan of batches.

Ids are version 7 ids of the batch's time with the message's number in the twelve bits behind it and a hash at the end.
Everything follows from the plan, so ledger, events and messages tell one story and `audit_books` finds no difference.
"""

from __future__ import annotations

from typing import Final

BATCH: Final = 500
DELIVERED: Final = 475
UNDELIVERED: Final = 15  # the rest of a batch expires at the operator
PRICE_MICROS: Final = 170_000
COST_MICROS: Final = 110_000
LATENCY_MS: Final = 2_500

ID_FUNCTION: Final = """
CREATE OR REPLACE FUNCTION bench_id(at timestamptz, number bigint, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(number), 3, '0') || '8'
        || substr(md5(salt || number), 1, 15))::uuid
$$"""
# Six of ten batches are the first tenant's, one the second's, the others share the rest. Every other hundred of batches
# is a campaign of the first tenant.
PLAN: Final = f"""
CREATE TABLE bench_plan AS
WITH numbered AS (
    SELECT k, CASE WHEN k %% 10 < 6 THEN 1 WHEN k %% 10 = 6 THEN 2 ELSE 3 + (k / 10) %% (%(tenants)s - 2) END AS owner,
        %(first)s::timestamptz + (k * (extract(epoch FROM %(last)s::timestamptz - %(first)s) / %(batches)s))
            * interval '1 s' AS at
    FROM generate_series(0, %(batches)s - 1) AS k
)
SELECT k, o.tenant_id, at, bench_id(at, 4095, 'batch') AS id, o.charged_on, o.sender, o.template_id,
    CASE WHEN k %% 10 < 6 AND (k / 100) %% 2 = 0 THEN bench_id(%(first)s::timestamptz, k / 100, 'campaign') END
        AS campaign_id,
    (%(routes)s::int[])[1 + k %% cardinality(%(routes)s::int[])] AS route_id,
    (SELECT array_agg(bench_id(at, j, k || '-') ORDER BY j) FROM generate_series(0, {BATCH - 1}) AS j) AS ids
FROM numbered JOIN bench_owner o ON o.number = numbered.owner ORDER BY k"""  # noqa: S608 - constants of ours

MESSAGES: Final = f"""
INSERT INTO {{table}} (id, tenant_id, batch_id, campaign_id, template_id, sender, recipient, traffic_class, source,
    is_unicode, segments, price_micros, destination, retention_days, status, error_code, operator_code, not_after,
    final_at)
SELECT u.id, p.tenant_id, p.id, p.campaign_id, p.template_id, p.sender,
    '+9198' || lpad(((p.k * {BATCH} + u.n) * 7919 %% %(people)s)::text, 8, '0'), 1,
    CASE WHEN p.campaign_id IS NULL THEN 1 ELSE 2 END, false, 1, {PRICE_MICROS}, '91', 30,
    CASE WHEN u.n <= {DELIVERED} THEN 50 WHEN u.n <= {DELIVERED + UNDELIVERED} THEN 60 ELSE 61 END,
    CASE WHEN u.n <= {DELIVERED} THEN NULL WHEN u.n <= {DELIVERED + UNDELIVERED} THEN 'undeliverable'
        ELSE 'validity_expired' END,
    CASE WHEN u.n <= {DELIVERED} THEN 'stat:DELIVRD' WHEN u.n <= {DELIVERED + UNDELIVERED} THEN 'stat:UNDELIV'
        ELSE 'stat:EXPIRED' END,
    p.at + interval '2 days', p.at + interval '3 s'
FROM bench_plan p, unnest(p.ids) WITH ORDINALITY AS u (id, n)
WHERE p.at >= %(low)s AND p.at < %(high)s"""  # noqa: S608 - constants of ours
TEXTS: Final = """
INSERT INTO {table} (tenant_id, id, retention, text)
SELECT p.tenant_id, u.id, 30, 'Dear Name' || (u.n * 7 %% 977) || ', your order A-' || (p.k * 500 + u.n)
    || ' is out for delivery and reaches you by ' || (u.n %% 12 + 1) || ' pm. - Aarohi Retail'
FROM bench_plan p, unnest(p.ids) WITH ORDINALITY AS u (id, n) WHERE p.at >= %(low)s AND p.at < %(high)s"""
OPERATOR_IDS: Final = """
INSERT INTO {table} (route_id, operator_key, tenant_id, message_id, part, parts, batch_id, at)
SELECT p.route_id, 'S' || upper(substr(md5(u.id::text), 1, 12)), p.tenant_id, u.id, 1, 1, p.id, p.at
FROM bench_plan p, unnest(p.ids) WITH ORDINALITY AS u (id, n) WHERE p.at >= %(low)s AND p.at < %(high)s"""

_LABEL: Final = "coalesce('Store ' || c.number, '')"
_CAMPAIGNS: Final = """
CREATE TABLE bench_campaign AS
SELECT tenant_id, campaign_id AS id, row_number() OVER (ORDER BY campaign_id) AS number, min(at) AS at,
    max(at) AS ended_at, min(template_id::text)::uuid AS template_id, count(*) AS batches
FROM bench_plan WHERE campaign_id IS NOT NULL GROUP BY tenant_id, campaign_id"""
_BATCHES: Final = f"""
INSERT INTO batches (id, tenant_id, origin_id, route_id, candidates, traffic_class, source, campaign_id, campaign_label,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, charged_on, retention_days,
    ids, messages, accepted_at, not_after, state, sent_upto, tries, lease_owner)
SELECT p.id, p.tenant_id, p.id, p.route_id, '{{}}', 1, CASE WHEN p.campaign_id IS NULL THEN 1 ELSE 2 END,
    p.campaign_id, {_LABEL}, p.template_id, p.sender, '91', 'India', '', '', p.charged_on, 30, p.ids, {BATCH}, p.at,
    p.at + interval '2 days', 5, {BATCH}, 0, 'bench'
FROM bench_plan p LEFT JOIN bench_campaign c ON c.id = p.campaign_id ORDER BY p.k"""  # noqa: S608
_EVENTS: Final = f"""
INSERT INTO message_events (tenant_id, at, kind, batch_id, campaign_id, route_id, traffic_class, source, destination,
    outcome, error_code, messages, segments, charged_micros, cost_micros, latency_ms, cohort_at, ids)
SELECT p.tenant_id, p.at + e.after * interval '1 s', e.kind, p.id, p.campaign_id, p.route_id, 1,
    CASE WHEN p.campaign_id IS NULL THEN 1 ELSE 2 END, '91', e.outcome, e.code, e.high - e.low + 1, e.high - e.low + 1,
    CASE WHEN p.charged_on = e.charged THEN (e.high - e.low + 1) * {PRICE_MICROS}::bigint ELSE 0 END,
    CASE WHEN e.kind = 2 THEN (e.high - e.low + 1) * {COST_MICROS}::bigint ELSE 0 END,
    CASE WHEN e.outcome = 50 THEN (e.high - e.low + 1) * {LATENCY_MS}::bigint ELSE 0 END, p.at, p.ids[e.low:e.high]
FROM bench_plan p, (VALUES (0, 1, 20, '', 1, {BATCH}, ''), (1, 2, 40, '', 1, {BATCH}, 'submit'),
    (3, 3, 50, '', 1, {DELIVERED}, 'delivery'),
    (3, 3, 60, 'undeliverable', {DELIVERED + 1}, {DELIVERED + UNDELIVERED}, ''),
    (3, 3, 61, 'validity_expired', {DELIVERED + UNDELIVERED + 1}, {BATCH}, ''))
    AS e (after, kind, outcome, code, low, high, charged) ORDER BY p.k, e.kind, e.outcome"""  # noqa: S608
# Kind, number behind the time, messages, and the share of their price that moves in balance and hold.
_LEDGER: Final = f"""
INSERT INTO billing_ledgerentry (id, tenant_id, kind, amount_micros, held_micros, messages, segments, batch_id,
    campaign_id, campaign_label, destination, destination_label, traffic_class, actor_label, note, at)
SELECT bench_id(p.at, 4080 + e.number, e.kind || p.k), p.tenant_id, e.kind,
    e.balance * e.messages * {PRICE_MICROS}::bigint, e.held * e.messages * {PRICE_MICROS}::bigint, e.messages,
    e.messages, p.id, p.campaign_id, {_LABEL}, '91', 'India', 1, '', '', p.at
FROM bench_plan p LEFT JOIN bench_campaign c ON c.id = p.campaign_id,
    (VALUES ('submit', 1, 'hold', {BATCH}, 0, 1), ('submit', 2, 'charge', {BATCH}, -1, -1),
        ('delivery', 1, 'hold', {BATCH}, 0, 1), ('delivery', 2, 'charge', {DELIVERED}, -1, -1),
        ('delivery', 3, 'release', {BATCH - DELIVERED}, 0, -1))
    AS e (charged_on, number, kind, messages, balance, held)
WHERE e.charged_on = p.charged_on ORDER BY p.k, e.number"""  # noqa: S608
# Everybody had as much as they spent: the balance stays.
_TOP_UPS: Final = """
INSERT INTO billing_ledgerentry (id, tenant_id, kind, amount_micros, held_micros, messages, segments, campaign_label,
    destination, destination_label, actor_label, note, at)
SELECT bench_id(min(at), 4079, tenant_id::text), tenant_id, 'topup', -sum(amount_micros), 0, 0, 0, '', '', '', 'bench',
    'What the stored messages cost', min(at)
FROM billing_ledgerentry WHERE batch_id IN (SELECT id FROM bench_plan) GROUP BY tenant_id"""
_STORED_CAMPAIGNS: Final = """
INSERT INTO campaigns_campaign (id, tenant_id, name, state, template_id, mapping, send_at, is_immediate, zone,
    created_by_label, created_at, started_at, finished_at)
SELECT id, tenant_id, 'Store ' || number, 'finished', template_id, '[]', at, false, 'Asia/Kolkata', 'bench', at, at,
    ended_at + interval '1 minute' FROM bench_campaign"""
_RUNS: Final = f"""
INSERT INTO campaigns_run (id, tenant_id, campaign_id, number, frozen_at, target, chunks, progress)
SELECT bench_id(at, 4078, id::text), tenant_id, id, 1, at, batches * {BATCH}, 0, jsonb_build_object(
    'target', batches * {BATCH}, 'charged_micros', batches * {BATCH} * {PRICE_MICROS}::bigint, 'terms',
    jsonb_build_object('delivered', batches * {DELIVERED}, 'failed', batches * {UNDELIVERED},
        'expired', batches * {BATCH - DELIVERED - UNDELIVERED}, 'unknown', 0, 'blocked', 0, 'cancelled', 0,
        'waiting', 0))
FROM bench_campaign"""  # noqa: S608
BOOKS: Final = (_CAMPAIGNS, _BATCHES, _EVENTS, _LEDGER, _TOP_UPS, _STORED_CAMPAIGNS, _RUNS)

# The first tenant's people, in lists of 100,000, and a few of everybody else's.
PEOPLE_PER_LIST: Final = 100_000
PEOPLE: Final = (
    """
CREATE TABLE bench_list AS
SELECT o.tenant_id, n, bench_id(%(first)s::timestamptz, n, 'list' || o.tenant_id) AS id,
    CASE WHEN o.number = 1 THEN least(%(people)s - n * %(per_list)s, %(per_list)s) ELSE 10000 END AS size
FROM bench_owner o, generate_series(0, (%(people)s - 1) / %(per_list)s) AS n
WHERE o.number = 1 OR n = 0 AND o.number > 1""",
    """
INSERT INTO campaigns_contactlist (id, tenant_id, name, columns, size, created_at)
SELECT id, tenant_id, 'Store ' || n, '{order,time}', size, %(first)s FROM bench_list""",
    """
INSERT INTO campaigns_contact (id, tenant_id, phone, name, attributes, created_at)
SELECT bench_id(%(first)s::timestamptz + (l.n * %(per_list)s + c) * interval '1 ms', 0, l.tenant_id || '-' || c),
    l.tenant_id, '+9198' || lpad((l.n * %(per_list)s + c)::text, 8, '0'), 'Name' || c %% 977,
    jsonb_build_object('order', 'A-' || c, 'time', (c %% 12 + 1) || ' pm'), %(first)s
FROM bench_list l, generate_series(0, l.size - 1) AS c ORDER BY l.tenant_id, l.n, c""",
    """
INSERT INTO campaigns_membership (id, tenant_id, contact_list_id, contact_id)
SELECT bench_id(%(first)s::timestamptz + (l.n * %(per_list)s + c) * interval '1 ms', 1, l.tenant_id || '-' || c),
    l.tenant_id, l.id,
    bench_id(%(first)s::timestamptz + (l.n * %(per_list)s + c) * interval '1 ms', 0, l.tenant_id || '-' || c)
FROM bench_list l, generate_series(0, l.size - 1) AS c ORDER BY l.tenant_id, l.n, c""",
)
SCAFFOLDING: Final = ("bench_plan", "bench_owner", "bench_campaign", "bench_list")
