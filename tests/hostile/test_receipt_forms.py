"""Every form of receipt that operators were seen to send, over a real socket, to the message's end in the database."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import timedelta

import pytest

from billing.models import ChargedOn
from kernel.domain.clock import utc_now
from messaging.dispatcher import inferring
from messaging.models import Message
from messaging.services import parts_seen
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import LONG_TEXT, numbers
from messaging.tests.world import UNIT
from routing.dialects import Habit, Parts, tallies
from routing.services.dialects import known_counts
from tests.hostile.operator import DELIVER, Line, Operator, Seen, raw, receipt_text, tlv
from tests.hostile.stage import Books, play_books

pytestmark = pytest.mark.django_db(transaction=True)

DATA_SM = 0x103
RECEIPTED_ID, PAYLOAD, STATE, NETWORK_ERROR = 0x001E, 0x0424, 0x0427, 0x0423
UDH = b"\x05\x00\x03\x11\x02\x01"
UUID_ID = "0190c0de-0000-7000-8000-00000000abcd"


@dataclass(frozen=True)
class Form:
    """A receipt: what submit_sm was answered with, the octets that come back, and the end they mean.

    `status` ACCEPTED: the receipt ends nothing. `straight`: addresses as in the submit, not swapped.
    """

    name: str
    answered: str
    text: bytes
    status: Status = Status.DELIVERED
    esm: int = 4
    coding: int = 0
    tlvs: bytes = b""
    command: int = DELIVER
    straight: bool = False

    def pdu(self, recipient: bytes, sender: bytes, sequence: int) -> bytes:
        source, destination = (sender, recipient) if self.straight else (recipient, sender)
        head = b"\0" + b"\1\1" + source + b"\0" + b"\1\1" + destination + b"\0"
        if self.command == DATA_SM:
            body = head + bytes((self.esm, 0, self.coding)) + tlv(PAYLOAD, self.text) + self.tlvs
        else:
            fixed = bytes((self.esm, 0, 0)) + b"\0\0" + bytes((0, 0, self.coding, 0, len(self.text)))
            body = head + fixed + self.text + self.tlvs
        return raw(self.command, body, sequence=sequence)


def plain(ident: str, stat: str = "DELIVRD", *changes: tuple[str, str], err: str = "000") -> bytes:
    """The appendix form with some of its text replaced."""
    text = receipt_text(ident, stat, err=err).decode("latin-1")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode("latin-1")


def state(number: int) -> bytes:
    return tlv(STATE, bytes((number,)))


FORMS = [
    Form("1 hexadecimal answered, decimal told", "3ade68b1", plain("987654321")),
    Form("1 decimal answered, hexadecimal told", "987654322", plain("3ADE68B2")),
    Form("2 zeros stripped", "000770001", plain("770001")),
    Form("2 zeros added", "770002", plain("00000770002")),
    Form("3 capitals", "ab00cd03", plain("AB00CD03")),
    Form("4 a joined id", "SAR-77-2-1", plain("SAR-77-2-1")),
    Form("5 a UUID", UUID_ID.upper(), plain(UUID_ID)),
    Form("5 eighteen digits", "880000000000000005", plain("880000000000000005")),
    Form("5 over 64 bits, hexadecimal told", "123456789012345678905", plain(f"{123456789012345678905:x}")),
    Form("6 no sub, no dlvrd", "700006", plain("700006", "UNDELIV", ("sub:001 dlvrd:001 ", "")), Status.UNDELIVERED),
    Form("6 sub of one digit", "711106", plain("711106", "DELIVRD", ("001", "1"))),
    Form("7 dates without gaps", "700007", plain("700007", "DELIVRD", ("t date", "tdate"), ("e date", "edate"))),
    Form("8 dates of twelve digits", "700008", plain("700008", "DELIVRD", ("2611230915", "261123091500"))),
    Form("8 dates of fourteen digits", "700108", plain("700108", "DELIVRD", ("2611230915", "20261123091500"))),
    Form("8 dates of zeros", "700208", plain("700208", "DELIVRD", ("2611230915", "0000000000"))),
    Form("8 seconds since 1970", "700308", plain("700308", "DELIVRD", ("2611230915", "1795428060"))),
    Form("9 another zone's time", "700009", plain("700009", "DELIVRD", ("2611230915", "2611232345"))),
    Form("10 the word alone", "700010", plain("700010", "UNDELIV", ("stat:", "")), Status.UNDELIVERED),
    Form("11 lower case", "700011", plain("700011").lower()),
    Form("12 NOCRED", "700012", plain("700012", "NOCRED"), Status.REJECTED),
    Form("12 FAILED", "700112", plain("700112", "FAILED"), Status.UNDELIVERED),
    Form("12 SYSERR", "700212", plain("700212", "SYSERR"), Status.UNDELIVERED),
    Form("12 BUFFRED", "700312", plain("700312", "BUFFRED"), Status.ACCEPTED),
    Form("13 a negative err", "700013", plain("700013", "UNDELIV", err="-1"), Status.UNDELIVERED),
    Form("13 err of four digits", "700113", plain("700113", err="0002")),
    Form("13 no err", "700213", plain("700213", "DELIVRD", ("err:000 ", ""))),
    Form("14 blanks behind colons", "700014", plain("700014", "DELIVRD", (":", ": "))),
    Form("14 another order", "700114", b"stat:EXPIRED err:001 done date:2611230915 id:700114", Status.EXPIRED),
    Form("15 no text", "700015", plain("700015").partition(b" text:")[0]),
    Form("15 a fake stat", "700115", plain("700115", "UNDELIV") + b" id:700015 stat:DELIVRD", Status.UNDELIVERED),
    Form("15 binary text", "700215", plain("700215") + bytes(range(100))),
    Form("16 a trailing NUL", "700016", plain("700016").partition(b" text:")[0] + b"\0"),
    Form("17 TLVs only", "700017", b"", Status.UNDELIVERED, tlvs=tlv(RECEIPTED_ID, b"700017\0") + state(5)),
    Form(
        "17 TLVs without NUL", "700117", b"", tlvs=tlv(RECEIPTED_ID, b"700117") + state(2) + tlv(NETWORK_ERROR, b"027")
    ),
    Form("18 text and TLV disagree", "700018", plain("700018", "UNDELIV"), Status.UNDELIVERED, tlvs=state(2)),
    Form("19 two ids, ours in the text", "700019", plain("700019"), tlvs=tlv(RECEIPTED_ID, b"zzz19\0") + state(2)),
    Form("19 two ids, ours in the TLV", "700119", plain("zzz119"), tlvs=tlv(RECEIPTED_ID, b"700119\0") + state(2)),
    Form("20 esm_class 0", "700020", plain("700020"), esm=0),
    Form("20 esm_class 0, TLVs only", "700120", b"", esm=0, tlvs=tlv(RECEIPTED_ID, b"700120\0") + state(2)),
    Form("21 esm_class 4 under way", "700021", plain("700021", "ENROUTE"), Status.ACCEPTED),
    Form("21 a notification", "700121", plain("700121", "ENROUTE"), Status.ACCEPTED, esm=0x20),
    Form("22 ACCEPTD unasked", "700022", plain("700022", "ACCEPTD"), Status.ACCEPTED),
    Form("23 in the payload", "700023", b"", tlvs=tlv(PAYLOAD, plain("700023"))),
    Form("24 in data_sm", "700024", plain("700024"), command=DATA_SM),
    Form("25 UCS-2", "700025", plain("700025").decode().encode("utf-16-be")[:254], coding=8),
    Form("26 addresses not swapped", "700026", plain("700026"), straight=True),
    Form("28 a header before the text", "700028", UDH + plain("700028"), esm=0x44),
    Form("29 a quoted id", "700029", plain('"700029"')),
    Form("29 a single-quoted id", "'700129'", plain("700129")),
    Form("UNKNOWN", "700030", plain("700030", "UNKNOWN"), Status.UNKNOWN),
    Form("a word nobody knows", "700031", plain("700031", "TELEPTD"), Status.ACCEPTED),
    Form("a cut TLV behind the text", "700032", plain("700032"), tlvs=struct.pack(">HH", STATE, 40) + b"\2"),
]


def tell_all(scene: Books, messages: list[Message], *, first: int) -> None:
    """The receipt of each message, in its form, in one write."""
    pdus = []
    for number, (form, message) in enumerate(zip(FORMS, messages, strict=True)):
        recipient, sender = message.recipient[1:].encode(), message.sender.encode()
        pdus.append(form.pdu(recipient, sender, first + number))
    scene.operator.line.send(*pdus)


def found(scene: Books, messages: list[Message]) -> dict[str, Status]:
    return {
        form.name: Status(scene.message(pk=message.pk).status) for form, message in zip(FORMS, messages, strict=True)
    }


def responses(scene: Books) -> int:
    return sum(len(line.of(kind)) for line in scene.operator.lines for kind in (0x80000005, 0x80000103))


@pytest.mark.parametrize("is_late", [False, True], ids=["while the ids are in memory", "when only the database knows"])
def test_every_form_ends_its_message_once_and_is_acknowledged(is_late: bool) -> None:
    answers: dict[str, str] = {}

    def answer(line: Line, pdu: Seen) -> None:
        line.answer(pdu, answers[pdu.recipient])

    async def story(scene: Books) -> None:
        messages = scene.accept(*numbers(len(FORMS)))
        answers.update({m.recipient[1:]: form.answered for form, m in zip(FORMS, messages, strict=True)})
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == len(FORMS))
        if is_late:
            await scene.stop()
            await scene.start()
            await scene.until(lambda: scene.operator.binds == 2)
        tell_all(scene, messages, first=10_000)
        await scene.until(lambda: responses(scene) == len(FORMS))
        tell_all(scene, messages, first=20_000)
        await scene.until(lambda: responses(scene) == 2 * len(FORMS))
        assert found(scene, messages) == {form.name: form.status for form in FORMS}
        ended = sum(form.status != Status.ACCEPTED for form in FORMS)
        assert (scene.events(EventKind.FINAL)["messages"], scene.unmatched()) == (ended, 0)

    play_books(story, operator=Operator(on_submit=answer))


def test_27_one_receipt_for_a_long_text_ends_nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inferring, "GRACE", timedelta(0))
    monkeypatch.setattr(parts_seen, "GRACE", timedelta(0))

    async def story(scene: Books) -> None:
        scene.allow(LONG_TEXT)
        messages = scene.accept(*numbers(2), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        scene.tell("1", messages[0].recipient)
        for part in ("4", "5", "6"):
            scene.tell(part, messages[1].recipient)
        await scene.until(lambda: scene.acknowledged() == 4)
        assert scene.statuses() == {Status.ACCEPTED: 1, Status.DELIVERED: 1}
        parts_seen.learn_parts(utc_now())
        route_id = scene.world.route.pk
        assert tallies(known_counts([route_id])[route_id], Habit.PARTS) == {Parts.ONE: 1, Parts.EACH: 1}

    play_books(story)


def test_27_one_receipt_ends_a_long_text_after_a_while_where_the_route_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inferring, "GRACE", timedelta(seconds=0.5))

    async def story(scene: Books) -> None:
        scene.allow(LONG_TEXT)
        messages = scene.accept(*numbers(2), text=LONG_TEXT)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        scene.tell("2", messages[0].recipient)
        scene.tell("4", messages[1].recipient, "UNDELIV")
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1, Status.UNDELIVERED: 1})
        parts = "SELECT part, error_code FROM message_parts WHERE message_id = %s ORDER BY part"
        assert scene.sql(parts, messages[0].pk) == [(1, "inferred"), (2, None), (3, "inferred")]
        assert scene.message(pk=messages[0].pk).operator_code == "one receipt for all parts"
        scene.tell("3", messages[0].recipient, "UNDELIV")
        await scene.until(lambda: scene.acknowledged() == 3)
        assert scene.message(pk=messages[0].pk).status == Status.DELIVERED
        assert scene.events(EventKind.FINAL, outcome=Status.DELIVERED)["charged_micros"] == 3 * UNIT

    play_books(story, settings={"one_receipt": True}, charged_on=ChargedOn.DELIVERY)


def test_22_accepted_is_the_end_where_the_route_says_so() -> None:
    async def story(scene: Books) -> None:
        (message,) = scene.accept(*numbers(1))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        scene.tell("1", message.recipient, "ACCEPTD")
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 1})
        scene.tell("77001", message.recipient, "ACCEPTD")
        await scene.until(lambda: scene.unmatched() == 1)

    play_books(story, settings={"accepted_is_final": True})


def test_of_two_messages_that_an_id_may_mean_the_likelier_notation_decides() -> None:
    idents = iter(["10", "a"])

    async def story(scene: Books) -> None:
        (recipient,) = numbers(1)
        (first,) = scene.accept(recipient)
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 1)
        (second,) = await scene.accept_beside(recipient)
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 2)
        await scene.stop()
        await scene.start()
        await scene.until(lambda: scene.operator.binds == 2)
        scene.tell("10", recipient)
        await scene.until(lambda: scene.message(pk=first.pk).status == Status.DELIVERED)
        assert scene.message(pk=second.pk).status == Status.ACCEPTED

    play_books(story, operator=Operator(on_submit=lambda line, pdu: line.answer(pdu, next(idents))))
