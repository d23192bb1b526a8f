"""What a session tells its owner. `K` is the owner's own key for a request; the session only hands it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from kernel.smpp.pdu import BindResp, Pdu
from kernel.smpp.plain_receipts import PlainReceipt
from kernel.smpp.plain_submits import PlainSubmit
from kernel.smpp.tlv import Tlv

K = TypeVar("K")


class Result(NamedTuple, Generic[K]):
    """The answer to one bulk request (submit_sm of an ESME, deliver_sm of a centre).

    `status` 0 is accepted; `message_id` as the peer wrote it, empty when it gave none, also kept beside an error
    status. `tlvs` may hold congestion_state or additional_status_info_text.
    """

    key: K
    status: int
    message_id: str
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """Our bind was accepted (ESME)."""

    pdu: BindResp


@dataclass(frozen=True, slots=True)
class BindRefused:
    """The peer refused; `status` may be a vendor's. The session is OPEN again and may try another bind."""

    status: int


@dataclass(frozen=True, slots=True)
class Request:
    """A request for the owner, to be answered with `respond` or a bulk form once it is durable. A Bind comes so too."""

    pdu: Pdu


@dataclass(frozen=True, slots=True)
class Receipts:
    """deliver_sm that are plain receipts, gathered over one `receive_data`; only for an ESME `in_bulk`, else they come
    as Request. Answered by `acknowledge` once they are durable."""

    receipts: list[PlainReceipt]


@dataclass(frozen=True, slots=True)
class Submits:
    """The same for submit_sm: only for a centre `in_bulk`; answered by `answer_submits`."""

    submits: list[PlainSubmit]


@dataclass(frozen=True, slots=True)
class Results(Generic[K]):
    """Answers to bulk requests, in the order they came, gathered over one `receive_data`."""

    results: list[Result[K]]


@dataclass(frozen=True, slots=True)
class Response(Generic[K]):
    """The answer to a request sent with `send_request`, or a generic_nack for any request including bulk ones."""

    key: K
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class LateResult(Generic[K]):
    """An answer that came after its TimedOut: attach the id, count a risk of duplicates if the message went out
    again."""

    result: Result[K]


@dataclass(frozen=True, slots=True)
class TimedOut(Generic[K]):
    """Requests without an answer in time: in doubt. Their places in the window are free again."""

    keys: list[K]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A request whose mandatory part cannot be read; the session goes on. The owner answers `sequence` (usually with
    `status`) and may keep `frame`, header included, as evidence."""

    command_id: int
    sequence: int
    status: int
    reason: str
    frame: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A request the session itself answered with `status`: unknown, not for our role, or at the wrong time."""

    command_id: int
    sequence: int
    status: int


@dataclass(frozen=True, slots=True)
class PeerUnbound:
    """The peer wants to end. Answer what is durable, take what is buffered, then `respond(UnbindResp(sequence))`."""

    sequence: int


@dataclass(frozen=True, slots=True)
class ProtocolFault:
    """The peer broke the protocol beyond repair; Closed follows. `reason`: invalid_length, http, tls, nack_storm or
    enquire_link_flood."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class LinkDead:
    """The peer is silent; Closed follows. `reason`: bind_timeout, no_answer, inactive, slow_pdu or unbind_timeout."""

    reason: str


@dataclass(frozen=True, slots=True)
class Closed(Generic[K]):
    """The end, told once: write `data_to_send`, close the socket. `in_doubt` are the keys of requests without an
    answer."""

    in_doubt: list[K]


Event = (
    Bound
    | BindRefused
    | Request
    | Receipts
    | Submits
    | Results[K]
    | Response[K]
    | LateResult[K]
    | TimedOut[K]
    | Malformed
    | Refused
    | PeerUnbound
    | ProtocolFault
    | LinkDead
    | Closed[K]
)
