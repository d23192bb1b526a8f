from __future__ import annotations

from kernel.smpp.receipts import Receipt, ReceiptState
from routing.alarm import ReceiptWatch, RefusalWindow
from routing.contract import IncomingReceipt


def incoming(number: str, state: ReceiptState = ReceiptState.DELIVERED) -> IncomingReceipt:
    return IncomingReceipt(Receipt(("1",), state), number, "ACMEIN", lambda: None)


def test_a_fifth_of_five_minutes_is_too_much_and_less_is_not() -> None:
    window = RefusalWindow()
    window.note(100, 0.0)
    assert [window.refuse(0x0B, 1.0) for _ in range(21)] == [False] * 20 + [True]
    assert window.worst(1.0) == (0x0B, 0.21)


def test_kinds_of_refusals_are_counted_apart() -> None:
    window = RefusalWindow()
    window.note(100, 0.0)
    assert {window.refuse(status, 0.0) for status in (0x0A, 0x0B, 0x45) for _ in range(20)} == {False}
    assert window.worst(0.0) is None


def test_few_answers_say_nothing() -> None:
    window = RefusalWindow()
    window.note(19, 0.0)
    assert {window.refuse(0x0B, 0.0) for _ in range(19)} == {False}


def test_what_is_older_than_five_minutes_is_forgotten() -> None:
    window = RefusalWindow()
    window.note(100, 0.0)
    for _ in range(50):
        window.refuse(0x0B, 0.0)
    window.note(100, 290.0)
    assert window.worst(299.0) == (0x0B, 0.25)
    assert window.worst(300.0) is None


def test_fifty_reports_of_delivery_within_a_tenth_of_a_second_are_suspicious() -> None:
    watch = ReceiptWatch()
    for number in range(50):
        assert not watch.is_suspicious
        watch.sent(str(number), 1.0)
        watch.heard([incoming(str(number)), incoming("unknown")], 1.09)
    assert watch.is_suspicious
    watch.sent("slow", 1.0)
    watch.heard([incoming("slow")], 1.2)
    assert not watch.is_suspicious


def test_samples_do_not_pile_up() -> None:
    watch = ReceiptWatch()
    for number in range(3_000):
        watch.sent(str(number), 0.0)
    watch.heard([incoming(str(number)) for number in range(1_900)], 0.01)
    assert not watch.is_suspicious
