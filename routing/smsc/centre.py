"""The simulated operator behind all connections: accounts, decisions, receipts on their way, what was received."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol, cast

from kernel.smpp.bulk import deliver_body
from kernel.smpp.codec import decode
from kernel.smpp.constants import DataCoding, EsmClass, MessageState
from kernel.smpp.pdu import SubmitSm
from kernel.smpp.plain_submits import PlainSubmit
from kernel.smpp.receipt_writing import STAT_OF_STATE, receipt_date
from kernel.telecom.segments import Encoding, encode_part, segment, udh
from routing.pace import Bucket
from routing.smsc.behaviour import Behaviour, Decider
from routing.smsc.ids import Ids
from routing.smsc.journal import Journal
from routing.smsc.settings import Settings
from routing.smsc.wheel import Wheel

log: Final = logging.getLogger(__name__)

KEPT_MESSAGES: Final = 2_000
KEPT_ARRIVALS: Final = 100_000
# Receipts nobody is bound to take, for each account; the oldest go first.
BACKLOG_LIMIT: Final = 1_000_000
RETRY_S: Final = 1.0

_RECEIPT_ESM: Final = int(EsmClass.RECEIPT)
_UDHI: Final = int(EsmClass.UDHI)
_LONGEST_ADDRESS: Final = 20


@dataclass(slots=True)
class Counters:
    """Since the start or the last reset."""

    connections: int = 0
    binds: int = 0
    binds_refused: int = 0
    garbage: int = 0
    submits: int = 0
    accepted: int = 0
    refused: int = 0
    throttled: int = 0
    unanswered: int = 0
    receipts_sent: int = 0
    receipts_acknowledged: int = 0
    receipts_repeated: int = 0
    receipts_dropped: int = 0
    disconnects: int = 0


class Due(NamedTuple):
    """A receipt or a handset's message to send: the deliver_sm behind its header, made when its connection is known."""

    account: str
    body: bytes
    is_receipt: bool = True


class Received(NamedTuple):
    """One submit_sm as it came, for people who look."""

    at: datetime
    system_id: str
    message_id: str
    status: int
    summary: str
    frame: bytes

    @property
    def pdu(self) -> SubmitSm:
        return cast("SubmitSm", decode(self.frame))


class Receiver(Protocol):
    """A connection that may carry receipts."""

    @property
    def receipt_room(self) -> int: ...
    def send_receipts(self, receipts: list[Due]) -> None: ...


def receipt_due(account: str, source: bytes, destination: bytes, text: bytes, tlvs: bytes = b"") -> Due:
    return Due(account, deliver_body(source, destination, text, esm_class=_RECEIPT_ESM, tlvs=tlvs))


def text_bodies(source: str, destination: str, text: str) -> list[bytes]:
    """The deliver_sm of a handset's message behind their headers, one for each part.

    Raises:
        TextRefused: it cannot be encoded.
    """
    segments = segment(text)
    coding = int(DataCoding.UCS2 if segments.encoding is Encoding.UCS2 else DataCoding.DEFAULT)
    octets = [encode_part(part, segments.encoding) for part in segments.parts]
    total = len(octets)
    headers = [udh(1, total, number) if total > 1 else b"" for number in range(1, total + 1)]
    return [
        deliver_body(
            source.encode("ascii"),
            destination.encode("ascii"),
            header + part,
            esm_class=_UDHI if header else 0,
            data_coding=coding,
        )
        for header, part in zip(headers, octets, strict=True)
    ]


@dataclass(slots=True)
class Account:
    """All connections of one system_id: receipts go to any of them that may receive."""

    receivers: list[Receiver] = field(default_factory=list)
    backlog: deque[Due] = field(default_factory=lambda: deque(maxlen=BACKLOG_LIMIT))


class Centre:
    """Shared by every connection of the server."""

    def __init__(
        self,
        *,
        settings: Settings,
        seed: int,
        credentials: tuple[str, str] | None,
        journal: Journal | None = None,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.counters = Counters()
        self.credentials = credentials
        self.ids = Ids()
        self.received: deque[Received] = deque(maxlen=KEPT_MESSAGES)
        # Submits to destinations that begin with `watched`, kept longer than the others.
        self.watched = b""
        self.arrivals: deque[Received] = deque(maxlen=KEPT_ARRIVALS)
        self._decider = Decider(seed)
        self._accounts: dict[str, Account] = {}
        self._loop = asyncio.get_running_loop()
        self._wheel: Wheel[Due] = Wheel(self._due)
        self._bucket = Bucket(settings.throttle_rate, self._loop.time())
        self._minute = (0, "")
        self.started_at = datetime.now(UTC)

    # -- submits

    def decide(self, destination: str) -> Behaviour:
        settings, decider = self.settings, self._decider
        behaviour = decider.decide(destination, settings.delivered_ratio, settings.duplicate_ratio)
        if settings.error_ratio or settings.lost_answer_ratio or settings.early_ratio:
            return decider.meddle(
                behaviour,
                error=settings.error_ratio,
                lost_answer=settings.lost_answer_ratio,
                early=settings.early_ratio,
            )
        return behaviour

    def is_too_fast(self) -> bool:
        """Whether this submit is above the throttle rate; counts it otherwise."""
        if not self.settings.throttle_rate:
            return False
        if self._bucket.available(self._loop.time(), 1):
            self._bucket.take(1)
            return False
        return True

    def keep(self, system_id: str, message_id: str, status: int, summary: str, frame: bytes) -> None:
        received = Received(datetime.now(UTC), system_id, message_id, status, summary, frame)
        self.received.append(received)
        if self.watched and self.watched in frame:
            self.arrivals.append(received)

    def watch(self, prefix: str) -> None:
        """Keep the arrivals at destinations that begin with these digits, from now on; none for an empty prefix."""
        self.watched = prefix.encode("ascii")
        self.arrivals.clear()

    # -- receipts

    def receipts(self, account: str, receipt_id: str, submit: PlainSubmit, behaviour: Behaviour) -> list[Due]:
        """The receipts this message will have, in order; none when it asked for none."""
        # 1 final, 2 failure only, 3 success only (3.4 section 5.2.17 and 5.0).
        wants = submit.registered_delivery & 3
        unwanted = wants == (2 if behaviour.state is MessageState.DELIVERED else 3)
        if not wants or unwanted or not self.settings.receipts:
            return []
        if max(len(submit.source_addr), len(submit.destination_addr)) > _LONGEST_ADDRESS:
            return []
        due = [self._receipt(account, receipt_id, submit, behaviour.state, behaviour.err)] * behaviour.copies
        if behaviour.is_enroute_first:
            due.insert(0, self._receipt(account, receipt_id, submit, MessageState.ENROUTE, "000"))
        return due

    def _receipt(self, account: str, receipt_id: str, submit: PlainSubmit, state: MessageState, err: str) -> Due:
        octets = receipt_id.encode("ascii")
        date = self._date()
        stat = STAT_OF_STATE[state]
        # The form of format_receipt and receipt_tlvs, spelled out because it is made for every message.
        text = (
            f"id:{receipt_id} sub:001 dlvrd:{'001' if stat == 'DELIVRD' else '000'} submit date:{date} "
            f"done date:{date} stat:{stat} err:{err} text:"
        ).encode("ascii")
        tlvs = b"\x00\x1e\x00%c%b\0\x04\x27\x00\x01%c" % (len(octets) + 1, octets, state)
        quoted = b"" if submit.esm_class & _UDHI else submit.short_message[:20].replace(b"\0", b" ")
        return receipt_due(account, submit.destination_addr, submit.source_addr, text + quoted, tlvs)

    def _date(self) -> str:
        minute = int(self._loop.time() // 60)
        if self._minute[0] != minute or not self._minute[1]:
            self._minute = minute, receipt_date(datetime.now(UTC))
        return self._minute[1]

    def plan(self, receipts: Iterable[Due], delay_s: float) -> None:
        self._wheel.add_all(delay_s, receipts)

    def send_again(self, receipts: Sequence[Due], delay_s: float = RETRY_S) -> None:
        """Receipts that were refused for now, or whose connection ended before the answer."""
        if receipts:
            self.counters.receipts_repeated += len(receipts)
            self._wheel.add_all(delay_s, receipts)

    def _due(self, receipts: list[Due]) -> None:
        for name in {receipt.account for receipt in receipts}:
            account = self.account(name)
            own = [receipt for receipt in receipts if receipt.account == name]
            self.counters.receipts_dropped += max(0, len(account.backlog) + len(own) - BACKLOG_LIMIT)
            account.backlog.extend(own)
            self.pump(account)

    def pump(self, account: Account) -> None:
        """Give the account's receipts to its connections, as far as their windows reach."""
        backlog = account.backlog
        for receiver in account.receivers:
            count = min(len(backlog), receiver.receipt_room)
            if count:
                receiver.send_receipts([backlog.popleft() for _ in range(count)])

    def send_text(self, *, source: str, destination: str, text: str, account: str | None = None) -> int:
        """A handset's message, in as many parts as it needs, after the receipts that wait already.

        Args:
            account: the system_id it is for; None for every one that is bound and may receive.

        Returns:
            How many deliver_sm go out or wait; 0 when nobody is bound.
        """
        bound = [name for name, each in self._accounts.items() if each.receivers]
        due = [
            Due(name, body, is_receipt=False)
            for name in ([account] if account is not None else bound)
            for body in text_bodies(source, destination, text)
        ]
        self._due(due)
        return len(due)

    def account(self, system_id: str) -> Account:
        found = self._accounts.get(system_id)
        if found is None:
            found = self._accounts[system_id] = Account()
        return found

    # -- control

    def change(self, settings: Settings) -> None:
        if settings.throttle_rate != self.settings.throttle_rate:
            self._bucket = Bucket(settings.throttle_rate, self._loop.time())
        self.settings = settings

    def reset(self, settings: Settings) -> None:
        """As after a start, connections excepted."""
        self.change(settings)
        self.counters = Counters()
        self.received.clear()
        self._decider.reset()
        self._wheel.clear()
        for account in self._accounts.values():
            account.backlog.clear()

    def status(self) -> dict[str, object]:
        waiting = sum(len(account.backlog) for account in self._accounts.values())
        return {
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "receipts_planned": len(self._wheel),
            "receipts_waiting": waiting,
            "counters": asdict(self.counters),
            "settings": self.settings.as_dict(),
        }

    def close(self) -> None:
        self._wheel.clear()
        if self.journal is not None:
            self.journal.close()
