"""What an aggregator's answer means: accepted, refused and what to do then, or in doubt (docs/http-provider.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from kernel.smpp.status_map import IN_DOUBT, VENDOR, Action, ActionKind
from routing.providers.http.places import LONGEST_ID, Place, PlaceProblem, Told, read_place
from routing.providers.http.templates import lines_of
from routing.refusals import STEPS, RefusalProblem, read_step

ACCEPTED: Final = "ACCEPTED"
DOUBT: Final = "DOUBT"
_LINE: Final = re.compile(r"(.{1,100}?)\s*=\s*([A-Za-z]+)(?:\s+([a-z_]+))?")
_STATUS: Final = re.compile(r"http\s+([1-5])([0-9]{2}|xx)", re.IGNORECASE)
_LONGEST_WORDS: Final = 60
# None: accepted.
Meaning = Action | None

_CREDENTIALS: Final = Action(ActionKind.CONFIG_ERROR, "route_credentials")
_PROTOCOL: Final = STEPS["CONFIG"]
_BY_STATUS: Final[Mapping[str, Action]] = {
    "3xx": _PROTOCOL,  # redirects are not followed
    "4xx": VENDOR,
    "401": _CREDENTIALS,
    "402": _CREDENTIALS,
    "403": _CREDENTIALS,
    "404": _PROTOCOL,
    "405": _PROTOCOL,
    "406": _PROTOCOL,
    "407": _CREDENTIALS,
    "408": STEPS["LATER"],
    "410": _PROTOCOL,
    "411": _PROTOCOL,
    "413": Action(ActionKind.FINAL, "content_too_long"),
    "415": _PROTOCOL,
    "425": STEPS["LATER"],
    "429": STEPS["THROTTLED"],
    "431": _PROTOCOL,
    "5xx": STEPS["LATER"],
    "501": _PROTOCOL,
    # A gateway speaks for a server behind it, which may have taken the message.
    "502": IN_DOUBT,
    "503": STEPS["THROTTLED"],
    "504": IN_DOUBT,
}


class MappingProblem(ValueError):
    """A line that cannot be read; its text says which and why."""


class Condition(NamedTuple):
    place: Place
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class AnswerMap:
    """Where to look in an answer. Keys of `codes` and values of conditions are in lower case."""

    accepted_when: Sequence[Condition] = ()
    id_at: Place | None = None
    code_at: Place | None = None
    words_at: Place | None = None
    parts_at: Place | None = None
    items_at: Place | None = None
    codes: Mapping[str, Meaning] = field(default_factory=dict)
    item_reference_at: Place | None = None


class Judgement(NamedTuple):
    """`action` None is accepted; `parts` is the aggregator's count of them, 0 where it tells none."""

    action: Action | None
    ident: str = ""
    detail: str = ""
    parts: int = 0


def judge(answers: AnswerMap, status: int, told: Told) -> Judgement:
    """What became of one message.

    Its own code counts before HTTP's status. A 2xx that says neither yes nor no leaves the message in doubt.
    """
    code = (answers.code_at and answers.code_at.find(told)) or ""
    words = (answers.words_at and answers.words_at.find(told)) or ""
    detail = " ".join(filter(None, [f"HTTP {status}", code, words]))[:_LONGEST_WORDS]
    if code.lower() in answers.codes:
        action = answers.codes[code.lower()]
        return _accepted(answers, told) if action is None else Judgement(action, "", detail)
    own = _own(answers.codes, status)
    if own != "":
        action = answers.codes[own]
        return _accepted(answers, told) if action is None else Judgement(action, "", detail)
    if not 200 <= status < 300:
        return Judgement(_BY_STATUS.get(str(status)) or _BY_STATUS.get(f"{status // 100}xx", IN_DOUBT), "", detail)
    return _successful(answers, told, code, detail)


def _own(codes: Mapping[str, Meaning], status: int) -> str:
    """The staff's line for this status, the exact one before its hundred; empty without one."""
    keys = (f"http {status}", f"http {status // 100}xx")
    return next((key for key in keys if key in codes), "")


def _successful(answers: AnswerMap, told: Told, code: str, detail: str) -> Judgement:
    """HTTP said yes; does the aggregator?"""
    found = [condition.place.find(told) for condition in answers.accepted_when]
    if None in found:
        return Judgement(VENDOR, "", detail) if code else Judgement(IN_DOUBT, "", _unreadable(told, detail))
    pairs = zip(answers.accepted_when, found, strict=True)
    if any((value or "").lower() not in condition.values for condition, value in pairs):
        return Judgement(VENDOR, "", detail)
    accepted = _accepted(answers, told)
    if accepted.ident or answers.accepted_when or answers.id_at is None:
        return accepted
    return Judgement(VENDOR, "", detail) if code else Judgement(IN_DOUBT, "", _unreadable(told, detail))


def _accepted(answers: AnswerMap, told: Told) -> Judgement:
    ident = ((answers.id_at and answers.id_at.find(told)) or "")[:LONGEST_ID]
    parts = (answers.parts_at and answers.parts_at.find(told)) or ""
    return Judgement(None, ident, "", int(parts) if parts.isdecimal() and len(parts) < 4 else 0)


def _unreadable(told: Told, detail: str) -> str:
    return f"{detail}, an answer that says neither yes nor no: {told.text[:80]!r}"


def judge_many(answers: AnswerMap, status: int, told: Told, references: Sequence[str]) -> list[Judgement]:
    """What became of each message of a request, in the order they were sent; without a word of its own: in doubt.

    Items are matched by our reference where the route says that they repeat it, else by their places: then all are in
    doubt unless there are as many as messages, since nobody knows which one is missing.
    """
    items = answers.items_at.follow(told.document) if answers.items_at else None
    if not isinstance(items, list):
        whole = judge(answers, status, told)
        if whole.action is None:
            whole = Judgement(IN_DOUBT, "", "the answer has no list of messages")
        return [whole] * len(references)
    if answers.item_reference_at is not None:
        return _judge_by_reference(answers, status, told, references, items)
    if len(items) != len(references):
        why = f"{len(items)} answers for {len(references)} messages, and nothing says whose they are"
        return [Judgement(IN_DOUBT, "", why)] * len(references)
    return [
        judge(answers, status, Told(told.headers, "", reference, item))
        for reference, item in zip(references, items, strict=True)
    ]


def _judge_by_reference(
    answers: AnswerMap, status: int, told: Told, references: Sequence[str], items: Sequence[Any]
) -> list[Judgement]:
    """Two items with one reference contradict each other: in doubt, as without any."""
    assert answers.item_reference_at is not None  # noqa: S101 - asked by the only caller
    found: dict[str, list[Told]] = {}
    for item in items:
        reference = answers.item_reference_at.find(Told(told.headers, "", "", item))
        if reference is not None:
            found.setdefault(reference, []).append(Told(told.headers, "", reference, item))
    nameless = Judgement(IN_DOUBT, "", "the answer does not name this message, or more than once")
    own = [found.get(reference, []) for reference in references]
    return [judge(answers, status, each[0]) if len(each) == 1 else nameless for each in own]


def read_conditions(text: str) -> tuple[Condition, ...]:
    """`status = ok, queued`, one a line; all must hold.

    Raises:
        MappingProblem: the first line that is wrong.
    """
    conditions = []
    for number, line in lines_of(text):
        place, sign, values = line.rpartition("=")
        wanted = frozenset(value.strip().lower() for value in values.split(",")) - {""}
        try:
            found = read_place(place)
        except PlaceProblem as problem:
            raise MappingProblem(f"line {number}: {problem}") from problem
        if not sign or found is None or not wanted:
            raise MappingProblem(f"line {number}: write it like “status = ok, queued”, not “{line[:40]}”")
        conditions.append(Condition(found, wanted))
    return tuple(conditions)


def read_codes(text: str) -> Mapping[str, Meaning]:
    """`1007 = FINAL invalid_number` or `http 5xx = LATER`, one a line; code in lower case → meaning.

    Raises:
        MappingProblem: the first line that is wrong.
    """
    codes: dict[str, Meaning] = {}
    for number, line in lines_of(text):
        found = _LINE.fullmatch(line)
        if found is None:
            raise MappingProblem(f"line {number}: write it like “1007 = FINAL invalid_number”, not “{line[:40]}”")
        code = " ".join(found[1].lower().split())
        if code.startswith("http ") and not _STATUS.fullmatch(code):
            raise MappingProblem(f"line {number}: “{found[1]}” is no status: write “http 503” or “http 5xx”")
        if code in codes:
            raise MappingProblem(f"line {number}: the code {found[1]} stands on an earlier line already")
        codes[code] = _meaning(found[2].upper(), found[3], f"line {number}")
    return codes


def _meaning(step: str, error_code: str | None, where: str) -> Meaning:
    if step in (ACCEPTED, DOUBT):
        if error_code is not None:
            raise MappingProblem(f"{where}: {step} takes no name, the message is not refused")
        return None if step == ACCEPTED else IN_DOUBT
    try:
        return read_step(step, error_code)
    except RefusalProblem as problem:
        also = "" if error_code else f", {ACCEPTED}, {DOUBT}"
        raise MappingProblem(f"{where}: {problem}{also}") from problem
