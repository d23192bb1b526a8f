"""Hostile octets: whatever comes, in whatever cut, only RemoteProtocolError comes out, and memory stays bounded."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.smpp.codec import decode, encode
from kernel.smpp.errors import RemoteProtocolError
from kernel.smpp.framing import FrameSplitter
from kernel.smpp.pdu import DataSm, DeliverSm, Pdu
from kernel.smpp.receipts import parse_receipt
from kernel.smpp.tests import strategies
from kernel.smpp.tests.pair import ConnectionPair


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A few valid PDUs in a row with octets changed, removed or put in."""
    octets = bytearray(b"".join(encode(pdu) for pdu in draw(st.lists(strategies.pdus, min_size=1, max_size=4))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(octets) - 1))
        octets[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        octets = octets or bytearray(b"\0")
    return bytes(octets)


stream = st.one_of(st.binary(max_size=200), mutated())


@given(strategies.pdus, st.data())
@settings(deadline=None, max_examples=500)
def test_a_mutated_body_is_read_or_refused(pdu: Pdu, data: st.DataObject) -> None:
    body = bytearray(encode(pdu)[16:])
    for _ in range(data.draw(st.integers(1, 3)) if body else 0):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=4))
    frame = (16 + len(body)).to_bytes(4, "big") + encode(pdu)[4:16] + body
    try:
        found = decode(frame)
    except RemoteProtocolError:
        return
    assert found.sequence == pdu.sequence
    if isinstance(found, DeliverSm | DataSm):
        parse_receipt(found)


def collect(data: bytes, step: int) -> tuple[list[bytes], str]:
    splitter = FrameSplitter()
    frames: list[bytes] = []
    try:
        for at in range(0, len(data), step):
            splitter.feed(data[at : at + step])
            for frame in splitter.frames():
                frames.append(frame)  # noqa: PERF402 - extend would lose the frames in front of an error
            assert splitter.buffered <= 70_000 + step
    except RemoteProtocolError as error:
        return frames, error.reason
    return frames, str(splitter.buffered)


@given(stream)
@settings(deadline=None, max_examples=300)
def test_the_cut_of_the_stream_does_not_matter(data: bytes) -> None:
    assert collect(data, 1) == collect(data, len(data) or 1)


@given(stream, st.sampled_from([1, 7, 4096]), st.booleans())
@settings(deadline=None, max_examples=300)
def test_a_session_of_either_role_survives_any_stream(data: bytes, step: int, as_esme: bool) -> None:
    pair = ConnectionPair().bind()
    session = pair.esme if as_esme else pair.smsc
    pair.submit("a", "b")
    for at in range(0, len(data), step):
        session.receive_data(data[at : at + step], pair.now)
    events = list(session.events())
    assert len(events) <= len(data) // 16 + 2
    assert len(session.data_to_send()) <= len(data) + 16
    session.poll(pair.now + 1000)
    session.connection_lost()
    assert session.is_closed


@given(st.integers(0, 2**32 - 1), st.binary(min_size=12, max_size=12))
@settings(deadline=None)
def test_an_announced_length_never_allocates(length: int, rest: bytes) -> None:
    splitter = FrameSplitter()
    splitter.feed(length.to_bytes(4, "big") + rest)
    assert splitter.buffered <= 16


@given(st.binary(max_size=1500), strategies.octet, strategies.octet, strategies.tlvs)
@settings(deadline=None, max_examples=300)
def test_no_receipt_text_breaks_the_parser(
    text: bytes, esm_class: int, coding: int, tlvs: tuple[tuple[int, bytes], ...]
) -> None:
    tlvs = (*tlvs, (0x0424, text))
    parse_receipt(DeliverSm(esm_class=esm_class, data_coding=coding, tlvs=tlvs))
    parse_receipt(DataSm(esm_class=esm_class & 0x7F | 4, data_coding=coding, tlvs=tlvs))
