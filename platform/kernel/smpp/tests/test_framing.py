"""The stream cut into PDUs."""

from __future__ import annotations

import pytest

from kernel.smpp.codec import encode
from kernel.smpp.errors import RemoteProtocolError
from kernel.smpp.framing import FrameSplitter
from kernel.smpp.pdu import EnquireLink, SubmitSm

LINK = encode(EnquireLink(1))
LONG = encode(SubmitSm(sequence=2, short_message=b"x" * 200))


def test_several_pdus_in_one_segment_come_apart() -> None:
    splitter = FrameSplitter()
    splitter.feed(LINK + LONG + LINK)
    assert list(splitter.frames()) == [LINK, LONG, LINK]
    assert list(splitter.frames()) == []


@pytest.mark.parametrize("cut", [1, 3, 4, 15, 16, 17, 100])
def test_a_pdu_in_two_segments_is_joined(cut: int) -> None:
    splitter = FrameSplitter()
    splitter.feed(LONG[:cut])
    assert list(splitter.frames()) == []
    assert splitter.buffered == cut
    splitter.feed(LONG[cut:] + LINK[:5])
    assert list(splitter.frames()) == [LONG]
    splitter.feed(memoryview(LINK)[5:])
    assert list(splitter.frames()) == [LINK]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\0\0\0\x0f", "invalid_length"),
        (b"\0\0\0\0", "invalid_length"),
        (b"\0\1\x11\x71", "invalid_length"),
        (b"\xff\xff\xff\xff", "invalid_length"),
        (b"SSH-", "invalid_length"),
        (b"HTTP", "http"),
        (b"GET ", "http"),
        (b"\x16\x03\x01\x02", "tls"),
    ],
)
def test_what_is_no_pdu_is_told_by_its_first_four_octets(head: bytes, reason: str) -> None:
    splitter = FrameSplitter()
    splitter.feed(head)
    with pytest.raises(RemoteProtocolError) as caught:
        list(splitter.frames())
    assert caught.value.reason == reason
    assert caught.value.status == 2


def test_pdus_in_front_of_a_broken_length_are_not_lost() -> None:
    splitter = FrameSplitter()
    splitter.feed(LINK + b"\0\0\0\1rest")
    frames = splitter.frames()
    assert next(frames) == LINK
    with pytest.raises(RemoteProtocolError):
        next(frames)


def test_nothing_is_read_after_a_broken_length() -> None:
    splitter = FrameSplitter()
    splitter.feed(b"HTTP")
    splitter.feed(LINK)
    with pytest.raises(RemoteProtocolError, match="HTTP"):
        list(splitter.frames())
    assert splitter.buffered == 0


def test_the_longest_pdu_is_a_matter_of_choice() -> None:
    splitter = FrameSplitter(max_length=100)
    splitter.feed(LONG)
    with pytest.raises(RemoteProtocolError, match="command_length"):
        list(splitter.frames())
