"""Receipts written for others, and their dates read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kernel.smpp.constants import MessageState
from kernel.smpp.message_ids import id_candidates
from kernel.smpp.pdu import DeliverSm
from kernel.smpp.receipt_writing import STAT_OF_STATE, format_receipt, read_receipt_date, receipt_date, receipt_tlvs
from kernel.smpp.receipts import MESSAGE_STATES, parse_receipt

INDIA = timezone(timedelta(hours=5, minutes=30))
ARRIVED = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize("state", list(MessageState))
def test_a_receipt_is_read_as_written(state: MessageState) -> None:
    date = receipt_date(ARRIVED.astimezone(INDIA))
    text = format_receipt("0A1", STAT_OF_STATE[state], submit_date=date, done_date=date, text=b"x" * 30)
    receipt = parse_receipt(DeliverSm(esm_class=4, short_message=text, tlvs=receipt_tlvs("0A1", state)))
    assert receipt is not None
    assert (receipt.ids, receipt.state, receipt.disagree) == (("0A1",), MESSAGE_STATES[state], False)
    assert receipt.dlvrd == ("001" if state is MessageState.DELIVERED else "000")
    assert id_candidates(receipt.ids[0])[0] == "a1"


def test_the_text_is_quoted_to_20_octets() -> None:
    assert format_receipt("1", "DELIVRD", submit_date="0", done_date="0", text=b"y" * 30).endswith(b"text:" + b"y" * 20)
    assert b"dlvrd:003" in format_receipt("1", "EXPIRED", submit_date="0", done_date="0", sub=5, dlvrd=3)


@pytest.mark.parametrize("raw", ["2611231531", "261123153100", "20261123153100", " 2611231531 "])
def test_local_dates_are_read_in_the_routes_zone(raw: str) -> None:
    at = read_receipt_date(raw, zone=INDIA, arrived_at=ARRIVED)
    assert at == datetime(2026, 11, 23, 10, 1, tzinfo=UTC)


def test_an_epoch_is_taken_when_the_date_reading_is_far_away() -> None:
    at = read_receipt_date(str(int(ARRIVED.timestamp())), zone=INDIA, arrived_at=ARRIVED)
    assert at == ARRIVED


@pytest.mark.parametrize(
    "raw", ["", "0000000000", "000000000000", "00000000000000", "rubbish", "26112315", "٢٦١١٢٣١٥٣١", "2613231531"]
)
def test_rubbish_gives_way_to_the_arrival_time(raw: str) -> None:
    assert read_receipt_date(raw, zone=INDIA, arrived_at=ARRIVED) is None


def test_dates_out_of_reach_give_way_to_the_arrival_time() -> None:
    submitted = ARRIVED - timedelta(hours=1)
    assert read_receipt_date("2611251531", zone=INDIA, arrived_at=ARRIVED) is None
    assert read_receipt_date("2611211531", zone=INDIA, arrived_at=ARRIVED, submitted_at=submitted) is None
    assert read_receipt_date("2611221631", zone=INDIA, arrived_at=ARRIVED, submitted_at=submitted) is not None
    assert read_receipt_date("00010101000000", zone=INDIA, arrived_at=ARRIVED) is None
