"""What a provider is: the plug that joins the dispatcher to one kind of operator link.

The dispatcher (messaging) owns claims, books and the database; a provider owns sockets and the operator's manners.
A provider imports no model, reads no setting and no clock of Django's: all it needs is in `RouteConfig`.
Everything here runs in one asyncio event loop, and no call but the `async` ones may wait.

How a message travels:

1. The dispatcher asks `link.room`, commits `sent_upto` for a stride that fits, and calls `link.submit(stride)`.
2. The link writes one PDU per part. For each part exactly one `SubmitResult` comes to `handler.on_results`, in lists,
   in any order, whatever happens: answer, refusal, time-out, lost connection, drain. (One exception: an answer after
   its time-out is told as a second result, so that the operator's id can still be attached.)
3. Receipts come to `handler.on_receipts` in lists. The dispatcher commits them, then calls each one's `ack`; only then
   the operator is told that it may forget them. Not calling `ack` makes the operator deliver again.
4. Texts that people send come to `handler.on_messages` in the same way.

`docs/adding-a-provider.md` walks through a new one; `tests/contracts/test_provider_conformance.py` is the proof.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from kernel.smpp.receipts import Receipt
from kernel.smpp.status_map import IN_DOUBT, Action, ActionKind

if TYPE_CHECKING:
    from django import forms

__all__ = [
    "CONNECTED",
    "IN_DOUBT",
    "NOT_SENT",
    "Action",
    "ActionKind",
    "BindState",
    "BindStatus",
    "IncomingMessage",
    "IncomingReceipt",
    "Link",
    "LinkGauge",
    "LinkHandler",
    "Outgoing",
    "Provider",
    "RouteConfig",
    "Stride",
    "SubmitResult",
    "Unreadable",
]

NOT_SENT: Final = Action(ActionKind.SAME_ROUTE_LATER, "route_unavailable", counts_as_try=False)
"""Never written to the socket: the connection went, or the link is draining. Safe to send again, on any route."""


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """A route as one dispatcher uses it.

    Args:
        settings: as the provider's settings_form left them.
        secrets: the fields named in the provider's `secret_fields`; keep them out of logs and exceptions.
        window: unanswered submits for each bind.
        tps: parts a second this link may send, a share of the route's; 0 is no limit.
        binds: connections this link may hold, a share of the route's.
        validity_cap_s: longest validity the operator takes; None for any.
        callback_url: where an operator reports by HTTP (routing.callbacks); empty where nobody listens.
    """

    route_id: int
    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    window: int
    tps: int
    lane: str
    binds: int = 1
    validity_cap_s: int | None = None
    callback_url: str = ""

    def is_adjustable_to(self, other: RouteConfig) -> bool:
        """Whether an open link can take `other` over: nothing differs but name, window, speed, binds and validity."""
        return other == replace(
            self,
            name=other.name,
            window=other.window,
            tps=other.tps,
            binds=other.binds,
            validity_cap_s=other.validity_cap_s,
        )


class Outgoing(NamedTuple):
    """One message for one recipient.

    Args:
        key: the dispatcher's own, handed back in the results; never looked into.
        recipient: E.164 with the plus.
        short_messages: the octets of each part in `data_coding`, without a header.
        udh: the link puts a concatenation header in front of each part, with a reference of its own counting.
        data_coding: 0 for GSM-7 (unpacked septets), 8 for UCS-2.
        validity_s: seconds until the message is worthless; the link cuts it at the route's cap.
        tlvs: (tag, value) for every part, e.g. 0x1400 and 0x1401 of Indian registration, value without a NUL.
        parts: numbers from 0 of the parts that are to go, the others were accepted before; empty for all.
        before: the key under which those went; a link that does not know it any more sends all parts again.
    """

    key: object
    recipient: str
    short_messages: tuple[bytes, ...]
    udh: bool
    data_coding: int
    validity_s: int
    tlvs: tuple[tuple[int, bytes], ...] = ()
    parts: tuple[int, ...] = ()
    before: object = None


class Stride(NamedTuple):
    """Messages of one sender that go to the socket together; hundreds at a time keep the cost per message low."""

    sender: str
    messages: Sequence[Outgoing]


class SubmitResult(NamedTuple):
    """What became of one part.

    Args:
        part: 0 for the first.
        status: the operator's command_status, 0 when there is none.
        operator_id: raw; store `kernel.smpp.message_ids.normalise_id` of it. May be empty even when accepted.
        action: None when the operator accepted; else what to do: `NOT_SENT`, `IN_DOUBT`, or a row of the status map.
        detail: the operator's own words, where it sent some.
    """

    key: object
    part: int
    status: int
    operator_id: str
    action: Action | None
    detail: str = ""


class IncomingReceipt(NamedTuple):
    """A receipt that waits for the commit of whoever takes it.

    Args:
        source: the address the receipt is about as the operator writes it, usually the recipient's digits.
        destination: usually the sender.
        ack: call it once, in the event loop, after the commit; answers of one turn of the loop travel together.
    """

    receipt: Receipt
    source: str
    destination: str
    ack: Callable[[], None]


class IncomingMessage(NamedTuple):
    """A text that a handset sent, which waits for the commit of whoever takes it.

    Args:
        source: the handset as the operator writes it, usually digits with the country code.
        destination: what the person wrote to: a short code, a long number, or a header as handsets show it.
        text: of this part alone where the handset sent several; octets that are no text as `hex:…`.
        ack: as that of a receipt.
    """

    source: str
    destination: str
    text: str
    ack: Callable[[], None]


class Unreadable(NamedTuple):
    """Something of the operator's that nobody can read, kept for staff.

    Args:
        reason: what is wrong with it, in a word.
        octets: the first UNREADABLE_OCTETS of it.
        size: how many it has.
        is_taken: the operator was told that it may forget it.
    """

    reason: str
    octets: bytes
    size: int
    is_taken: bool


class BindStatus(StrEnum):
    CONNECTING = "connecting"
    BOUND = "bound"
    # Lost or not reached; tried again with growing pauses.
    DOWN = "down"
    # The operator said no; tried again rarely where it was the credentials.
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class BindState:
    """One connection changed; `reason` is for people. A provider without connections reports one bind."""

    bind: int
    status: BindStatus
    binds_up: int
    binds_wanted: int
    reason: str = ""


UNREADABLE_OCTETS: Final = 1_024
CONNECTED: Final = frozenset({BindStatus.BOUND})


@dataclass(frozen=True, slots=True)
class LinkGauge:
    """A link at this moment. `parts_sent` only grows: the difference of two readings is the speed.

    Args:
        note: what people should know: why the line is down, or what the operator keeps complaining of.
        rate: parts a second it allows itself now; 0 is no limit.
        ceiling: the rate at which the operator last said it was too much; 0 while it has not.
        binds_held: connections that the operator may see, in the unit of `RouteConfig.binds`, those being made and
            those that are leaving included. 0 where an operator counts none.
    """

    parts_sent: int
    window_used: int
    queued: int
    binds_up: int
    binds_wanted: int
    note: str = ""
    rate: float = 0.0
    ceiling: float = 0.0
    binds_held: int = 0


class LinkHandler(Protocol):
    """The dispatcher's ears. Called in the event loop; an exception here is a bug and ends the connection."""

    def on_results(self, results: list[SubmitResult]) -> None:
        """Answers of one read, or what was lost at once."""

    def on_receipts(self, receipts: list[IncomingReceipt]) -> None:
        """Receipts of one read; not answered before their `ack`."""

    def on_messages(self, messages: list[IncomingMessage]) -> None:
        """Texts of one read; not answered before their `ack`. Links of kinds that hear none never call it."""

    def on_state(self, state: BindState) -> None:
        """A connection came or went."""

    def on_unreadable(self, pdu: Unreadable) -> None:
        """What could not be read, each time it comes. Links of kinds without such things never call it."""


class Link(Protocol):
    """An open route. Opening does not wait for the operator: `room` is 0 until a bind is up."""

    @property
    def room(self) -> int:
        """Parts it will write at once: window, speed limit and back-off considered. A stride beyond it is taken too,
        its rest waits inside the link."""

    @property
    def reserve(self) -> int:
        """Of `room`, the parts that promotional traffic must leave to more urgent classes, where the route carries
        several: a share of the window and of the speed. 0 where there is too little to divide. Never above `room`."""

    def next_room_s(self) -> float | None:
        """Seconds until speed limit or back-off give room; None when room comes with answers or binds only."""

    def submit(self, stride: Stride) -> None:
        """Write a stride. Never blocks, never calls the handler before it has returned, never raises for what an
        operator or a recipient may cause."""

    def adjust(self, config: RouteConfig) -> bool:
        """Take a changed `window`, `tps`, `binds`, `validity_cap_s` or `name` over, connected as it is.

        Returns at once: more binds connect one after the other, a bind too many takes nothing more and parts when all
        it has is answered. False, and nothing has changed, when `config` differs in anything else: then the route
        has to be drained and opened anew.
        """

    def gauge(self) -> LinkGauge:
        """For the console, every few seconds."""

    async def drain(self, timeout_s: float) -> None:
        """Take nothing more, wait for outstanding answers, part politely. What is left comes as results."""

    async def close(self) -> None:
        """End at once; what was unanswered comes as results in doubt. Harmless when repeated."""


class Provider(Protocol):
    """A kind of link; one instance serves all routes of its kind."""

    @property
    def kind(self) -> str:
        """Stored in the route: short, lower case, for ever."""

    @property
    def label(self) -> str:
        """For people."""

    @property
    def settings_form(self) -> type[forms.Form]:
        """The fields of `RouteConfig.settings` and `secrets`; its cleaned values must fit JSON."""

    @property
    def secret_fields(self) -> frozenset[str]:
        """Which fields of the form are secrets: written, never shown."""

    async def open(self, config: RouteConfig, handler: LinkHandler) -> Link:
        """Begin to connect.

        Raises:
            RouteConfigProblem: the settings cannot work, whatever the operator does.
        """
