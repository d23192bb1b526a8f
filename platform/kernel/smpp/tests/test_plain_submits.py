"""submit_sm read without a PDU."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kernel.smpp.codec import decode, encode
from kernel.smpp.errors import RemoteProtocolError
from kernel.smpp.pdu import SubmitSm
from kernel.smpp.plain_submits import read_plain_submit
from kernel.smpp.tests import strategies


@given(st.builds(SubmitSm, **strategies.message_fields()), st.integers(0, 17))
def test_what_is_read_from_a_frame_is_what_its_pdu_says(pdu: SubmitSm, cut: int) -> None:
    frame = encode(pdu)
    frame = (len(frame) - cut).to_bytes(4, "big") + frame[4 : len(frame) - cut]
    read = read_plain_submit(frame, 5)
    try:
        decoded = decode(frame)
    except RemoteProtocolError:
        assert read is None
        return
    assert isinstance(decoded, SubmitSm)
    assert read is not None
    addresses = decoded.source_addr.encode("latin-1"), decoded.destination_addr.encode("latin-1")
    rest = decoded.esm_class, decoded.registered_delivery, decoded.short_message, frame
    assert read == (5, *addresses, *rest)
