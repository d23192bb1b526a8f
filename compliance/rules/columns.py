"""Many messages on their way through the rules, by columns; a number is the place of a message in all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from compliance.matching import Match
from compliance.rules.calls import PASSES, Objection
from compliance.rules.content import refusal_of_mismatch, refusal_of_value
from compliance.rules.contract import Refusal, Ruling, Screened, Values
from compliance.rules.decisions import Approved
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import country_of

T = TypeVar("T")
Found = tuple[Approved, Objection] | Refusal
INDIA = "+91"


def pick(column: Sequence[T], numbers: Sequence[int]) -> Sequence[T]:
    """The rows with these numbers; the column itself when that is all of it."""
    return column if len(numbers) == len(column) else [column[number] for number in numbers]


def by_country(recipients: Sequence[str]) -> Iterator[tuple[str, Sequence[int]]]:
    """Countries, and the numbers of the messages that go there."""
    if all(each.startswith(INDIA) for each in recipients):
        yield "IN", range(len(recipients))
        return
    found: dict[str, list[int]] = {}
    for number, recipient in enumerate(recipients):
        found.setdefault(country_of(E164(recipient)), []).append(number)
    yield from found.items()


def same_decision(found: Found) -> object:
    """What texts share whose search had the same end: the decision on their template, and what was said of values."""
    return id(found) if isinstance(found, Refusal) else (id(found[0]), found[1])


def judge_match(approved: Approved, match: Match) -> Objection:
    """What is said of a matched text: the first refusal, every warning, and what is noted of its values alone."""
    of_values = approved.calls.by_slots.judge_values(match.values, approved.judge_calls)
    said = approved.own.joined(of_values)
    return said._replace(warnings=(*match.warnings, *said.warnings), noted=of_values.noted)


def refused(refusal: Refusal, text: str, traffic_class: TrafficClass | None, approved: Approved | None) -> Ruling:
    """The ruling of a refusal, with what was known by then."""
    if approved is None:
        return Ruling(refusal.code, refusal.detail, refusal.remedy, text, None, traffic_class, None)
    known = approved.traffic_class if traffic_class is None else traffic_class
    template_id = approved.template.id
    return Ruling(refusal.code, refusal.detail, refusal.remedy, text, template_id, known, approved.dlt)


@dataclass(slots=True)
class Work:
    """What is asked about messages of one sender, template and class, and what was decided so far.

    Args:
        noted: keys of rules that object to single messages and let them pass, for the few that have any.
    """

    sender: str
    template_id: UUID | str | None
    asked: TrafficClass | None
    recipients: Sequence[str]
    content: Values | Sequence[str]
    screened: Screened = field(default_factory=lambda: Screened([], {}, {}))
    noted: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def given(self) -> Sequence[str] | None:
        """The ready texts, where there are any."""
        return self.content if isinstance(self.content, Sequence) else None

    def refuse(self, numbers: Sequence[int], refusal: Refusal, approved: Approved | None = None) -> None:
        """Refuse before there is a text of ours."""
        given = self.given
        for number in numbers:
            text = given[number] if given is not None else ""
            self.screened.refused[number] = refused(refusal, text, self.asked, approved)

    def write(self, approved: Approved, numbers: Sequence[int]) -> tuple[Sequence[int], Sequence[str]]:
        """Who has a text that the template allows, rendered or as it was given, and the texts; others are refused."""
        if isinstance(self.content, Sequence):
            return self._compare(approved, numbers, self.content)
        return self._render(approved, numbers, self.content)

    def _compare(
        self, approved: Approved, numbers: Sequence[int], texts: Sequence[str]
    ) -> tuple[Sequence[int], Sequence[str]]:
        compiled, label = approved.template.compiled, approved.template.label
        kept: list[int] = []

        def find(text: str) -> Objection | None:
            match = compiled.match(text)
            return None if match is None else judge_match(approved, match)

        for found, members in self.by_text(numbers, find, lambda found: found):
            if found is None:
                for number in members:
                    mismatch = compiled.mismatch(texts[number])
                    self.refuse((number,), refusal_of_mismatch(label, mismatch), approved)
            elif self.let_pass(members, approved, found):
                kept += members
        kept.sort()
        return kept, pick(texts, kept)

    def let_pass(self, numbers: Sequence[int], approved: Approved, said: Objection) -> bool:
        """Whether texts that match pass the rules about links and of style; else they are refused."""
        if said.refusal is not None:
            self.refuse(numbers, said.refusal, approved)
            return False
        self.warn(numbers, said.warnings)
        self.note(numbers, said.noted)
        return True

    def _render(
        self, approved: Approved, numbers: Sequence[int], values: Values
    ) -> tuple[Sequence[int], Sequence[str]]:
        compiled = approved.template.compiled
        columns, unusable = values.arrange(compiled)
        columns = [pick(column, numbers) for column in columns]
        texts = compiled.render_column(columns, len(numbers))
        problems = compiled.check_columns(columns)
        objections = approved.calls.by_variables.judge_columns(columns, approved.judge_calls)
        own = approved.own
        self.warn(numbers, own.warnings)
        if not unusable and not problems and not objections and own.refusal is None:
            return numbers, texts
        left = []
        for place, number in enumerate(numbers):
            problem = problems.get(place)
            if number in unusable:
                self.refuse((number,), unusable[number], approved)
            elif problem is not None:
                self.refuse((number,), refusal_of_value(problem), approved)
            elif (refusal := own.joined(objections.get(place, PASSES)).refusal) is not None:
                self.screened.refused[number] = refused(refusal, texts[place], self.asked, approved)
            else:
                left.append(place)
                self.note((number,), objections.get(place, PASSES).noted)
                self.warn((number,), objections.get(place, PASSES).warnings)
        return pick(numbers, left), pick(texts, left)

    def note(self, numbers: Sequence[int], keys: tuple[str, ...]) -> None:
        """Keep that these rules object to messages which they let pass."""
        for number in numbers if keys else ():
            self.noted[number] = (*self.noted.get(number, ()), *keys)

    def by_text(
        self, numbers: Sequence[int], find: Callable[[str], T], key: Callable[[T], object] = id
    ) -> Iterator[tuple[T, list[int]]]:
        """What `find` says about the ready texts, asked once for each that differs, and whose texts these are.

        Args:
            key: what answers must share to be given as one.
        """
        given = self.given or ()
        groups: dict[str, tuple[T, list[int]]] = {}
        found: dict[object, tuple[T, list[int]]] = {}
        for number in numbers:
            text = given[number]
            group = groups.get(text)
            if group is None:
                answer = find(text)
                group = groups[text] = found.setdefault(key(answer), (answer, []))
            group[1].append(number)
        yield from found.values()

    def texts_of(self, numbers: Sequence[int]) -> Sequence[str]:
        return pick(self.given or (), numbers)

    def warn(self, numbers: Sequence[int], warnings: tuple[str, ...]) -> None:
        if not warnings:
            return
        known = self.screened.warnings
        if not known:
            known.update(dict.fromkeys(numbers, warnings))
            return
        for number in numbers:
            before = known.get(number)
            known[number] = warnings if before is None else tuple(dict.fromkeys((*before, *warnings)))
