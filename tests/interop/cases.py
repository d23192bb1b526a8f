"""What is played with each stand-in: messages go in by the HTTP API and must come out of a codec nobody here wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from messaging.statuses import FINAL_FROM, Status
from tests.fixtures.stack import Stack
from tests.interop.accounts import ACCOUNTS, TEXTS
from tests.interop.standin import StandIn, text_of
from tests.stack.api import Client
from tests.waiting import until

FINAL_S: Final = 180.0
BOUND_S: Final = 60.0
MANY: Final = 200
WINDOW: Final = 20
NUMBERS: Final = 10_000_000
DLT_TAGS: Final = ("1400", "1401")
_STATUS_SQL: Final = "SELECT status, count(*) FROM messages WHERE id = ANY(%s::uuid[]) GROUP BY status"
_GAUGE_SQL: Final = "SELECT note FROM routing_routegauge WHERE route_id = %s AND note <> ''"


@dataclass
class Setting:
    """An installation, a stand-in, and the tenant that sends through it.

    Args:
        senders: those of ACCOUNTS that the stand-in can serve.
        shows_tlvs: whether its library hands on TLVs that it does not know.
        can_hang_up: whether it can drop one connection without a word.
        keeps_order: whether its library hands on what came down one connection in the order in which it came.
    """

    stack: Stack
    standin: StandIn
    token: str
    routes: Mapping[str, int]
    senders: Sequence[str]
    shows_tlvs: bool = True
    can_hang_up: bool = True
    keeps_order: bool = True
    series: int = 0
    _numbers: Iterator[int] = field(init=False)

    def __post_init__(self) -> None:
        self._numbers = iter(range(NUMBERS + self.series * 100_000, NUMBERS + (self.series + 1) * 100_000))

    def send(self, sender: str, texts: Sequence[str]) -> tuple[list[str], list[str]]:
        """One message a text, each to a phone of its own; the ids and the recipients, in order."""
        recipients = [f"+9198{next(self._numbers)}" for _ in texts]
        pairs = zip(recipients, texts, strict=True)
        messages = [{"to": to, "from": sender, "text": text} for to, text in pairs]
        client = Client(self.stack.base_url, self.token)
        results = client.send_until_kept("messages/batch", {"messages": messages})["results"]
        assert [result["status"] for result in results] == ["accepted"] * len(texts), results
        return [result["id"] for result in results], recipients

    def until_delivered(self, idents: Sequence[str]) -> None:
        def statuses() -> dict[int, int] | None:
            found = dict(self.stack.rows(_STATUS_SQL, [list(idents)]))
            return found if sum(found.values()) == len(idents) and min(found) >= FINAL_FROM else None

        found = until(statuses, FINAL_S)
        assert found == {Status.DELIVERED: len(idents)}, found

    def until_bound(self, sender: str) -> list[dict[str, Any]]:
        wanted = 2 if sender == "PAIRED" else 1
        return until(lambda: found if len(found := self.standin.of("bound", sender)) >= wanted else None, BOUND_S)


Case = Callable[[Setting], str]


def texts_arrive(sender: str) -> Case:
    """Every text is decoded as it was sent, in the parts that were charged, with its registration, and delivered."""

    def case(setting: Setting) -> str:
        setting.until_bound(sender)
        account, standin = ACCOUNTS[sender], setting.standin
        idents, recipients = setting.send(sender, list(TEXTS.values()))
        setting.until_delivered(idents)
        came = setting.standin.submits(sender, recipients)
        client = Client(setting.stack.base_url, setting.token)
        wanted = zip(TEXTS.items(), idents, came.values(), strict=True)
        for (name, text), ident, parts in wanted:
            assert text_of(parts) == text, (name, text_of(parts))
            segments = client.call(f"messages/{ident}")[1]["segments"]
            ordered = parts if setting.keeps_order else sorted(parts, key=lambda part: int(part["join"]["part"]))
            _assert_marks(account.way, ordered, segments, name)
            assert {part["from"] for part in parts} == {sender}
            if setting.shows_tlvs and sender != "OLDONE":
                assert all(part["tlvs"].keys() >= set(DLT_TAGS) for part in parts), parts[0]["tlvs"]
        # We acknowledge behind the commit that makes a message delivered.
        answers = until(lambda: all_of if len(all_of := standin.of("acknowledged", sender)) >= len(idents) else None)
        acknowledged = [answer["status"] for answer in answers]
        assert set(acknowledged) == {0}, acknowledged
        return f"{len(idents)} texts in {sum(map(len, came.values()))} submits"

    return case


def _assert_marks(way: str, parts: Sequence[Mapping[str, Any]], segments: int, name: str) -> None:
    marks = [part["join"] for part in parts]
    if segments == 1 or way == "payload":
        assert [mark["way"] for mark in marks] == ["payload" if segments > 1 else "one"], (name, marks)
        return
    assert {mark["way"] for mark in marks} == {way}, (name, marks)
    assert [mark["part"] for mark in marks] == list(range(1, segments + 1)), (name, marks)
    assert {(mark["ref"], mark["total"]) for mark in marks} == {(marks[0]["ref"], segments)}, (name, marks)


def throttling_is_respected(setting: Setting) -> str:
    setting.standin.order("throttled", "UDHATE", 10)
    idents, recipients = setting.send("UDHATE", [TEXTS["plain"]] * 50)
    setting.until_delivered(idents)
    came = setting.standin.submits("UDHATE", recipients)
    assert [len(parts) for parts in came.values()] == [1] * 50
    refused = len(setting.standin.of("throttled", "UDHATE"))
    assert refused == 10
    return "50 messages, 10 refusals, none twice"


def parting(order: str) -> Case:
    """It parts in the middle: all messages are delivered, and no more go twice than were in the window."""

    def case(setting: Setting) -> str:
        before = len(setting.standin.of("closed", "UDHATE"))
        setting.standin.order(order, "UDHATE", MANY // 4)
        idents, recipients = setting.send("UDHATE", [TEXTS["plain"]] * MANY)
        setting.until_delivered(idents)
        times = [len(parts) for parts in setting.standin.submits("UDHATE", recipients).values()]
        parted = len(setting.standin.of("closed", "UDHATE")) - before
        assert parted == 1, f"it parted {parted} times"
        again = sum(times) - MANY
        assert min(times) == 1, f"{times.count(0)} of {MANY} never came"
        assert again <= WINDOW, f"{again} came again, the window is {WINDOW}"
        return f"{MANY} messages, {again} of them sent again (window {WINDOW})"

    return case


def a_wrong_password_is_said(setting: Setting) -> str:
    """The route's page says so, and who refused is not asked again at once."""
    until(lambda: setting.standin.of("refused", "DENIED"), BOUND_S)
    (note,) = until(lambda: setting.stack.rows(_GAUGE_SQL, [setting.routes["DENIED"]]), BOUND_S)[0]
    assert "PASWD" in note, note
    return str(note)


def the_books_are_exact(setting: Setting) -> str:
    done = setting.stack.manage("audit_books")
    assert done.returncode == 0, done.stdout + done.stderr
    return "audit_books found no difference"


def cases_of(setting: Setting) -> list[tuple[str, Case]]:
    """Those that this stand-in can play, with what they are called in the table."""
    cases = [(ACCOUNTS[sender].title, texts_arrive(sender)) for sender in setting.senders if sender != "DENIED"]
    cases.append(("throttled", throttling_is_respected))
    cases.append(("unbound by the operator in the middle", parting("unbindAfter")))
    if setting.can_hang_up:
        cases.append(("connection dropped in the middle", parting("hangUpAfter")))
    cases.append(("operator started anew in the middle", parting("restartAfter")))
    if "DENIED" in setting.senders:
        cases.append((ACCOUNTS["DENIED"].title, a_wrong_password_is_said))
    cases.append(("the books", the_books_are_exact))
    return cases
