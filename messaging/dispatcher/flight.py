"""A claimed batch in memory: its messages on their way, and which of them are answered."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from kernel.smpp.constants import Tag
from kernel.telecom.alphabet import ascii_septets, encode_gsm
from kernel.telecom.segments import Encoding, encode_part, segment
from messaging.statuses import BatchState
from routing.contract import Action

# The place of a message that went another way, in `ids`.
NO_IDENT: Final = bytes(16)
UCS2: Final = 8
GSM: Final = 0
_SINGLE_SEPTETS: Final = 160
_SINGLE_UCS2: Final = 140


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What money and events need to know of a message's first batch; compared by identity, made once per batch."""

    tenant_id: UUID
    origin_id: UUID
    campaign_id: UUID | None
    source: int
    traffic_class: int
    destination: str
    destination_label: str
    charged_on: str
    accepted_at: datetime


class BatchRow(NamedTuple):
    """What `statements.CLAIM` returns."""

    tenant_id: UUID
    id: UUID
    origin_id: UUID
    route_id: int
    candidates: list[int]
    traffic_class: int
    source: int
    campaign_id: UUID | None
    sender: str
    destination: str
    destination_label: str
    dlt_entity_id: str
    dlt_template_id: str
    charged_on: str
    retention_days: int
    ids: list[bytes]
    accepted_at: datetime
    sent_upto: int
    tries: int
    state: int
    weight: int
    template_id: UUID | None = None


class Standing(NamedTuple):
    """What a batch stands on, by which it can be stopped; equal for most batches of a tenant.

    `chain` is the hash that goes along, empty where none does.
    """

    tenant_id: UUID
    campaign_id: UUID | None
    template_id: UUID | None
    sender: str
    dlt_entity_id: str
    destination: str
    chain: str = ""


class Answer(NamedTuple):
    """What became of one part of a long message; `refused` is None for an accepted one."""

    key: str
    refused: Refused | None


class Refused(NamedTuple):
    """A result that is no acceptance, as the desk judges it."""

    action: Action
    status: int
    detail: str


class Job:
    """One message of a flight, and one attempt at it: the key of its results.

    A message that may have been sent and is sent again gets a new Job, so that a late answer to the first attempt is
    not taken for the second's: `successor` leads from the old one to it. `answers` are those of its parts so far; a new
    attempt begins with what was accepted of the one `before`. It may be handed over until `last`, which for promotions
    is a while before `not_after`, when it is of no use any more.
    """

    __slots__ = (
        "answers",
        "before",
        "doubts",
        "error_code",
        "flight",
        "id",
        "is_decided",
        "last",
        "not_after",
        "octets",
        "parts",
        "position",
        "price_micros",
        "recipient",
        "segments",
        "sent_at",
        "successor",
        "tries",
        "unicode",
    )

    def __init__(
        self,
        flight: Flight,
        position: int,
        row: tuple[bytes, str, int, int, bool, float],
        octets: tuple[bytes, ...],
        unicode: bool,
    ) -> None:
        self.flight = flight
        self.position = position
        self.id, self.recipient, self.segments, self.price_micros, _, self.not_after = row
        self.last = self.not_after
        self.octets = octets
        self.unicode = unicode
        self.parts = len(octets)
        self.tries = 0
        self.doubts = 0
        self.error_code = "validity_expired"
        self.is_decided = False
        self.answers: dict[int, Answer] | None = None
        self.before: Job | None = None
        self.successor: Job | None = None
        self.sent_at = 0.0

    def keep_hours(self, last: float, closes: float) -> None:
        """Promotions go within the hours of their recipients (docs/rules.md#promotional-hours)."""
        self.last, self.not_after = min(self.last, last), min(self.not_after, closes)

    @property
    def parts_taken(self) -> int:
        """Parts of a long message that an operator took, while it did not take the whole."""
        return sum(answer.refused is None for answer in self.answers.values()) if self.answers else 0

    def again(self, accepted: dict[int, Answer]) -> Job:
        """A fresh attempt for all parts but the accepted ones; this one is decided."""
        row = (self.id, self.recipient, self.segments, self.price_micros, self.unicode, self.not_after)
        job = Job(self.flight, self.position, row, self.octets, self.unicode)
        job.tries, job.doubts, job.error_code, job.last = self.tries, self.doubts, self.error_code, self.last
        self.is_decided, self.successor, self.answers, self.before = True, job, None, None
        if accepted:
            job.answers, job.before = accepted, self
        return job


class Flight:
    """A leased batch.

    `queue` holds what was not sent yet, in order; `open` counts the messages that neither ended nor were submitted,
    nor moved to another batch, all of them as committed. `sent_upto` is as committed too. Until `marked_until` what is
    before it needs no look at the lease: it was marked as sent by the claim, a moment ago.
    """

    __slots__ = (
        "batch",
        "ids",
        "is_done",
        "is_lost",
        "is_returning",
        "marked_until",
        "open",
        "queue",
        "refusal",
        "renewed_at",
        "sent_upto",
        "standing",
        "terms",
        "tlvs",
        "token",
    )

    def __init__(self, batch: BatchRow, token: UUID, now: float) -> None:
        self.batch = batch
        self.token = token
        self.terms = Terms(
            batch.tenant_id,
            batch.origin_id,
            batch.campaign_id,
            batch.source,
            batch.traffic_class,
            batch.destination,
            batch.destination_label,
            batch.charged_on,
            batch.accepted_at,
        )
        self.tlvs = _registration(batch)
        self.standing = Standing(
            batch.tenant_id,
            batch.campaign_id,
            batch.template_id,
            batch.sender,
            batch.dlt_entity_id,
            batch.destination,
        )
        self.ids = batch.ids
        self.queue: deque[Job] = deque()
        self.open = 0
        self.sent_upto = batch.sent_upto
        self.renewed_at = now
        self.marked_until = 0.0
        self.is_lost = False
        self.is_done = False
        self.is_returning = False
        # The code of what is wrong with all of it, found when it was claimed.
        self.refusal = ""

    def name_chain(self, chain: str) -> None:
        """Tell operators with each message by which chain of telemarketers it comes: 64 hexadecimal digits."""
        self.tlvs = (*self.tlvs, (int(Tag.DLT_CHAIN_HASH), chain.encode("ascii")))
        self.standing = self.standing._replace(chain=chain)

    def state_after(self, settled: int) -> BatchState:
        """The batch's state once `settled` more messages are."""
        left = self.open - settled
        if not left:
            return BatchState.SENT
        if self.is_returning and left == len(self.queue):
            return BatchState.READY
        return BatchState.LEASED

    def written_upto(self) -> int:
        """How many of its messages, counted from the first, may have gone to a socket if only `queue` is left.

        A claim marks passcodes as sent before their turn comes; those that go back unsent are in no doubt. What was in
        doubt when it was claimed remains so.
        """
        return next((job.position for job in self.queue if not job.doubts), self.sent_upto)


def _registration(batch: BatchRow) -> tuple[tuple[int, bytes], ...]:
    given = ((Tag.DLT_ENTITY_ID, batch.dlt_entity_id), (Tag.DLT_TEMPLATE_ID, batch.dlt_template_id))
    return tuple((int(tag), value.encode("ascii")) for tag, value in given if value)


def encode(text: str, *, is_unicode: bool) -> tuple[tuple[bytes, ...], bool]:
    """The octets of each part, and whether they are UCS-2. One part of ASCII, the usual case, costs two passes in C."""
    if not is_unicode:
        septets = ascii_septets(text)
        if septets is None:
            try:
                septets = encode_gsm(text)
            except UnicodeEncodeError:
                return _parts(text)
        if len(septets) <= _SINGLE_SEPTETS:
            return (septets,), False
        return _parts(text)
    octets = text.encode("utf-16-be")
    return ((octets,), True) if len(octets) <= _SINGLE_UCS2 else _parts(text)


def _parts(text: str) -> tuple[tuple[bytes, ...], bool]:
    cut = segment(text)
    return tuple(encode_part(part, cut.encoding) for part in cut.parts), cut.encoding is Encoding.UCS2
