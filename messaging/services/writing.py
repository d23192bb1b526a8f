"""The rows of one accept by whole columns, all in one round trip, the wallet last (docs/adr/0009)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate, groupby
from typing import Any, Final
from uuid import UUID

from billing.services import hold_statement, shortage
from compliance.rules.decisions import Decisions
from compliance.services.objections import count_statement
from kernel.db.arrays import (
    Column,
    Packed,
    bool_items,
    int2_items,
    int4_items,
    int8_items,
    null_items,
    optional_text_items,
    packed,
    text_items,
    time_items,
    uuid_items,
)
from kernel.db.bulk import execute_all
from kernel.db.tenancy import current_tenant_id
from kernel.domain.catalogue import explain
from kernel.domain.ids import uuid7_time, uuid_of
from messaging.drafts import CampaignRef
from messaging.services.batching import Parcel, lines_of, make_parcels
from messaging.services.judging import REFERENCE_MAX, SENDER_MAX, Lot, Refused, Verdict, shown
from messaging.services.rulings import Rulings
from messaging.statuses import BatchState, EventKind, Source, Status

CHANNEL: Final = "dakiya_batches"
_TAG_SEPARATOR: Final = "\x1f"
# Rolled back to when the wallet does not cover what was written; it ends with the transaction.
_MARK_SQL: Final = "SAVEPOINT accepting"
_BACK_SQL: Final = "ROLLBACK TO SAVEPOINT accepting"
_COLUMNS: Final = {
    "id": "uuid",
    "batch_id": "uuid",
    "template_id": "uuid",
    "sender": "text",
    "recipient": "text",
    "traffic_class": "int2",
    "is_unicode": "bool",
    "segments": "int2",
    "price_micros": "int8",
    "destination": "text",
    "retention_days": "int2",
    "status": "int2",
    "error_code": "text",
    "reference": "text",
    "tags": "text",
    "send_at": "timestamptz",
    "not_after": "timestamptz",
}
_MESSAGES_SQL: Final = """
INSERT INTO messages (id, tenant_id, campaign_id, source, batch_id, template_id, sender, recipient, traffic_class,
    is_unicode, segments, price_micros, destination, retention_days, status, error_code, reference, tags, send_at,
    not_after, final_at)
SELECT id, %s, %s, %s, batch_id, template_id, sender, recipient, traffic_class, is_unicode, segments, price_micros,
    destination, retention_days, status, error_code, reference, string_to_array(tags, E'\\x1f'), send_at, not_after,
    CASE WHEN status = %s THEN %s END
FROM unnest(%b::uuid[], %b::uuid[], %b::uuid[], %b::text[], %b::text[], %b::int2[], %b::bool[], %b::int2[], %b::int8[],
    %b::text[], %b::int2[], %b::int2[], %b::text[], %b::text[], %b::text[], %b::timestamptz[], %b::timestamptz[])
    AS u (id, batch_id, template_id, sender, recipient, traffic_class, is_unicode, segments, price_micros, destination,
          retention_days, status, error_code, reference, tags, send_at, not_after)"""
_TEXTS_SQL: Final = """
INSERT INTO message_texts (tenant_id, id, retention, text)
SELECT %s, id, retention, text FROM unnest(%b::uuid[], %b::int2[], %b::text[]) AS u (id, retention, text)"""
_BATCHES_SQL: Final = """
INSERT INTO batches (tenant_id, id, origin_id, route_id, candidates, traffic_class, source, campaign_id, campaign_label,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, charged_on, retention_days,
    ids, messages, accepted_at, due_at, not_after, state, sent_upto, tries, lease_owner)
SELECT %s, id, id, route_id, candidates::int4[], traffic_class, %s, %s, %s,
    template_id, sender, destination, destination_label, dlt_entity_id, dlt_template_id, %s, retention_days,
    (%b::uuid[])[low:high], high - low + 1, %s, due_at, not_after, state, 0, 0, ''
FROM unnest(%b::uuid[], %b::int4[], %b::text[], %b::int2[], %b::uuid[], %b::text[], %b::text[], %b::text[], %b::text[],
    %b::text[], %b::int2[], %b::timestamptz[], %b::timestamptz[], %b::int2[], %b::int4[], %b::int4[])
    AS u (id, route_id, candidates, traffic_class, template_id, sender, destination, destination_label, dlt_entity_id,
          dlt_template_id, retention_days, due_at, not_after, state, low, high)"""
_EVENTS_SQL: Final = """
INSERT INTO message_events (tenant_id, at, cohort_at, source, campaign_id, kind, outcome, error_code, batch_id,
    route_id, traffic_class, destination, messages, segments, charged_micros, cost_micros, latency_ms, ruling_id, ids)
SELECT %s, %s, %s, %s, %s, kind, outcome, error_code, batch_id,
    route_id, traffic_class, destination, high - low + 1, segments, 0, 0, 0, ruling_id, (%b::uuid[])[low:high]
FROM unnest(%b::int2[], %b::int2[], %b::text[], %b::uuid[], %b::int4[], %b::int2[], %b::text[], %b::int4[], %b::uuid[],
    %b::int4[], %b::int4[])
    AS u (kind, outcome, error_code, batch_id, route_id, traffic_class, destination, segments, ruling_id, low, high)"""
_WORDS_SQL: Final = """
INSERT INTO refusal_words (tenant_id, id, ids, detail, remedy, until)
SELECT %s, (%b::uuid[])[low], (%b::uuid[])[low:high], detail, remedy, until
FROM unnest(%b::text[], %b::text[], %b::timestamptz[], %b::int4[], %b::int4[])
    AS u (detail, remedy, until, low, high)"""


@dataclass(frozen=True, slots=True)
class Labels:
    """What callers want to find their messages by, by number; None where nobody gave any."""

    references: Sequence[str | None] | None = None
    tags: Sequence[Sequence[str]] | None = None

    def items(self, numbers: Sequence[int]) -> tuple[bytes, bytes]:
        """References and tags of these messages as elements of text arrays."""
        nothing = null_items(len(numbers))
        references, tags = nothing, nothing
        if self.references is not None:
            given = [self.references[number] for number in numbers]
            references = optional_text_items(shown(each, REFERENCE_MAX) if each else None for each in given)
        if self.tags is not None:
            joined = (_TAG_SEPARATOR.join(self.tags[number]) for number in numbers)
            tags = optional_text_items(each or None for each in joined)
        return references, tags


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the messages of one accept come from.

    Args:
        charged_on: by the wallet, when a message is charged.
        decisions: of compliance, whose snapshots are named beside the messages.
        noted: messages that rules object to and let pass, by the rule's key and the template.
    """

    source: Source
    campaign: CampaignRef | None
    charged_on: str
    now: datetime
    labels: Labels = Labels()
    decisions: Decisions | None = None
    noted: Mapping[tuple[str, UUID], int] = field(default_factory=dict)

    @property
    def campaign_id(self) -> UUID | None:
        return self.campaign.id if self.campaign else None


def write(verdict: Verdict, origin: Origin) -> None:
    """Write everything in the current transaction; a repeated message id is refused by the primary key.

    Raises:
        InsufficientCredit: the wallet does not cover what was accepted; nothing is written.
    """
    lots = list(verdict.lots.values())
    parcels = make_parcels(lots)
    rulings = Rulings(origin.decisions)
    rulings.look_up(lots, verdict.refused, origin.now)
    refused = sorted(verdict.refused, key=partial(_event_key, rulings))
    statements = list(_statements(lots, parcels, refused, origin, rulings))
    if not parcels:
        execute_all(statements)
        return
    if origin.noted and origin.decisions:
        # Next to the wallet, which the tenant's accepts queue for anyway: both rows are locked for as short.
        chosen = origin.decisions.facts.levels
        statements.append(count_statement(noted=origin.noted, chosen=chosen, now=origin.now))
    hold = hold_statement(lines=lines_of(parcels, origin.campaign), now=origin.now)
    if not execute_all([(_MARK_SQL, ()), *statements, hold]):
        execute_all([(_BACK_SQL, ())])
        raise shortage(verdict.micros)


def _statements(
    lots: Sequence[Lot], parcels: Sequence[Parcel], refused: Sequence[Refused], origin: Origin, rulings: Rulings
) -> Iterable[tuple[str, list[Any]]]:
    tenant_id = current_tenant_id()
    columns = [Column(kind) for kind in _COLUMNS.values()]
    texts = Column("uuid"), Column("int2"), Column("text")
    batch_ids = _batch_ids(lots, parcels)
    for lot in lots:
        _add(columns, _accepted_items(lot, batch_ids, origin.labels), len(lot.ids))
        retention = int2_items((lot.kind.retention_days,)) * len(lot.ids)
        _add(texts, (uuid_items(lot.ids), retention, text_items(lot.texts)), len(lot.ids))
    if refused:
        _add(columns, _refused_items(refused, origin.labels), len(refused))
    if with_text := [each for each in refused if each.text]:
        retention = int2_items(each.retention_days for each in with_text)
        rows = uuid_items([each.id for each in with_text]), retention, text_items([each.text for each in with_text])
        _add(texts, rows, len(with_text))
    ends = [int(Status.BLOCKED), origin.now]  # a blocked message ends as it is written
    packs = [column.packed() for column in columns]
    yield _MESSAGES_SQL, [tenant_id, origin.campaign_id, int(origin.source), *ends, *packs]
    if lots or with_text:
        yield _TEXTS_SQL, [tenant_id, *(column.packed() for column in texts)]
    if parcels:
        yield _BATCHES_SQL, [tenant_id, *_batch_parameters(parcels, packs[0], origin)]
    yield _EVENTS_SQL, [tenant_id, *_event_parameters(parcels, refused, packs[0], origin, rulings)]
    if told := _told(refused):
        yield _WORDS_SQL, [tenant_id, *_words_parameters(told)]
    if parcels and origin.campaign is None:
        # Wakes the dispatchers at once; campaign chunks leave it out, a poll finds them.
        yield "SELECT pg_notify(%s, '')", [CHANNEL]


def _add(columns: Iterable[Column], items: Iterable[bytes], count: int) -> None:
    for column, stretch in zip(columns, items, strict=True):
        column.add(stretch, count)


def _batch_ids(lots: Sequence[Lot], parcels: Sequence[Parcel]) -> dict[object, bytes]:
    found: dict[object, list[bytes]] = defaultdict(list)
    for parcel in parcels:
        found[parcel.kind].append(uuid_items((parcel.id.bytes,)) * (parcel.high - parcel.low))
    return {lot.kind: b"".join(found[lot.kind]) for lot in lots}


def _accepted_items(lot: Lot, batch_ids: dict[object, bytes], labels: Labels) -> list[bytes]:
    kind, count = lot.kind, len(lot.ids)
    unit = kind.quote.unit_micros
    is_single = lot.segments.count(1) == count
    return [
        uuid_items(lot.ids),
        batch_ids[kind],
        uuid_items((kind.template_id.bytes,)) * count,
        text_items((shown(kind.sender, SENDER_MAX),)) * count,
        text_items(lot.recipients),
        int2_items((kind.traffic_class,)) * count,
        bool_items(lot.is_unicode),
        int2_items((1,)) * count if is_single else int2_items(lot.segments),
        int8_items((unit,)) * count if is_single else int8_items(unit * segments for segments in lot.segments),
        text_items((kind.quote.destination,)) * count,
        int2_items((kind.retention_days,)) * count,
        int2_items((kind.status,)) * count,
        null_items(count),
        *labels.items(lot.numbers),
        time_items((kind.send_at,)) * count,
        time_items((kind.not_after,)) * count,
    ]


def _refused_items(refused: Sequence[Refused], labels: Labels) -> list[bytes]:
    count = len(refused)
    return [
        uuid_items([each.id for each in refused]),
        null_items(count),
        _ids(each.template_id for each in refused),
        text_items([shown(each.sender, SENDER_MAX) for each in refused]),
        text_items([each.recipient for each in refused]),
        int2_items(each.traffic_class for each in refused),
        bool_items(each.is_unicode for each in refused),
        int2_items(each.segments for each in refused),
        int8_items((0,)) * count,
        text_items([each.destination for each in refused]),
        int2_items(each.retention_days for each in refused),
        int2_items((Status.BLOCKED,)) * count,
        text_items([each.refusal.code for each in refused]),
        *labels.items([each.number for each in refused]),
        time_items(each.send_at for each in refused),
        time_items(each.not_after for each in refused),
    ]


def _ids(values: Iterable[UUID | None]) -> bytes:
    return b"".join([null_items(1) if value is None else uuid_items((value.bytes,)) for value in values])


def _batch_parameters(parcels: Sequence[Parcel], ids: Packed, origin: Origin) -> list[Any]:
    kinds = [parcel.kind for parcel in parcels]
    label = origin.campaign.label if origin.campaign else ""
    rest = ["{" + ",".join(map(str, kind.routes[1:])) + "}" for kind in kinds]
    states = [BatchState.WAITING if kind.send_at else BatchState.READY for kind in kinds]
    columns = {
        "id": ("uuid", uuid_items([parcel.id.bytes for parcel in parcels])),
        "route_id": ("int4", int4_items(kind.routes[0] for kind in kinds)),
        "candidates": ("text", text_items(rest)),
        "traffic_class": ("int2", int2_items(kind.traffic_class for kind in kinds)),
        "template_id": ("uuid", uuid_items([kind.template_id.bytes for kind in kinds])),
        "sender": ("text", text_items([kind.sender for kind in kinds])),
        "destination": ("text", text_items([kind.quote.destination for kind in kinds])),
        "destination_label": ("text", text_items([kind.quote.label for kind in kinds])),
        "dlt_entity_id": ("text", text_items([kind.dlt.entity_id if kind.dlt else "" for kind in kinds])),
        "dlt_template_id": ("text", text_items([kind.dlt.template_id if kind.dlt else "" for kind in kinds])),
        "retention_days": ("int2", int2_items(kind.retention_days for kind in kinds)),
        "due_at": ("timestamptz", time_items(kind.send_at for kind in kinds)),
        "not_after": ("timestamptz", time_items(kind.not_after for kind in kinds)),
        "state": ("int2", int2_items(states)),
        "low": ("int4", int4_items(parcel.low + 1 for parcel in parcels)),
        "high": ("int4", int4_items(parcel.high for parcel in parcels)),
    }
    packs = [packed(kind, items, len(parcels)) for kind, items in columns.values()]
    return [int(origin.source), origin.campaign_id, label, origin.charged_on, ids, origin.now, *packs]


def _event_key(rulings: Rulings, refused: Refused) -> tuple[str, int, str, str]:
    return refused.refusal.code, refused.traffic_class, refused.destination, str(rulings.of_refused(refused) or "")


def _event_parameters(
    parcels: Sequence[Parcel], refused: Sequence[Refused], ids: Packed, origin: Origin, rulings: Rulings
) -> list[Any]:
    """One event per batch, one per code, class, destination and ruling of what is blocked."""
    accepted, final, blocked = int(EventKind.ACCEPTED), int(EventKind.FINAL), int(Status.BLOCKED)
    rows: list[tuple[int, int, str, UUID | None, int | None, int, str, int, UUID | None, int, int]] = [
        (
            accepted, int(p.kind.status), "", p.id, p.kind.routes[0], int(p.kind.traffic_class),
            p.kind.quote.destination, p.segments, rulings.of_kind(p.kind), p.low + 1, p.high,
        )
        for p in parcels
    ]  # fmt: skip
    low = parcels[-1].high if parcels else 0
    for (code, traffic_class, destination, ruling), group in groupby(refused, partial(_event_key, rulings)):
        members = list(group)
        segments, high = sum(each.segments for each in members), low + len(members)
        told = UUID(ruling) if ruling else None
        rows.append((final, blocked, code, None, None, traffic_class, destination, segments, told, low + 1, high))
        low = high
    kinds, outcomes, codes, batches, routes, classes, places, segments_, judged, lows, highs = zip(*rows, strict=True)
    columns = (
        ("int2", int2_items(kinds)),
        ("int2", int2_items(outcomes)),
        ("text", text_items(codes)),
        ("uuid", _ids(batches)),
        ("int4", b"".join(null_items(1) if route is None else int4_items((route,)) for route in routes)),
        ("int2", int2_items(classes)),
        ("text", text_items(places)),
        ("int4", int4_items(segments_)),
        ("uuid", _ids(judged)),
        ("int4", int4_items(lows)),
        ("int4", int4_items(highs)),
    )
    packs = [packed(kind, items, len(rows)) for kind, items in columns]
    return [origin.now, origin.now, int(origin.source), origin.campaign_id, ids, *packs]


def _told(refused: Sequence[Refused]) -> dict[tuple[str, str, bytes, int], list[bytes]]:
    """Ids in order by (detail, remedy, millisecond, days kept), of messages told more than the catalogue says."""
    found: dict[tuple[str, str, bytes, int], list[bytes]] = defaultdict(list)
    for each in refused:
        words, entry = each.refusal, explain(each.refusal.code)
        if (words.detail, words.remedy) != (entry.sentence, entry.remedy):
            found[words.detail, words.remedy, each.id[:6], each.retention_days].append(each.id)
    return {key: sorted(ids) for key, ids in found.items()}


def _words_parameters(told: dict[tuple[str, str, bytes, int], list[bytes]]) -> list[Any]:
    ids = [ident for members in told.values() for ident in members]
    ends = list(accumulate(len(members) for members in told.values()))
    lows = [end - len(members) + 1 for end, members in zip(ends, told.values(), strict=True)]
    untils = [uuid7_time(uuid_of(members[0])) + timedelta(days=key[3]) for key, members in told.items()]
    column = packed("uuid", uuid_items(ids), len(ids))
    columns = (
        ("text", text_items([key[0] for key in told])),
        ("text", text_items([key[1] for key in told])),
        ("timestamptz", time_items(untils)),
        ("int4", int4_items(lows)),
        ("int4", int4_items(ends)),
    )
    return [column, column, *(packed(kind, items, len(told)) for kind, items in columns)]
