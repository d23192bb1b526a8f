"""Why something was allowed or refused: a ruling as it stood then, beside what the same rules know and say today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from compliance.models import ConsentEvent, DndNumber, OptOut, Ruling
from compliance.rules.catalogue import pipeline
from compliance.rules.rule import About, Level
from compliance.rules.rulings import FACTS, snapshot_of
from compliance.rules.versions import current_decisions

# Of one person: what matters is the last ones before the message.
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the rules knew; empty where it did not exist."""

    label: str
    then: str
    today: str

    @property
    def differs(self) -> bool:
        return self.then != self.today


@dataclass(frozen=True, slots=True)
class Opinion:
    """One rule: what it objected then and would today, empty for nothing; None where it is not asked."""

    about: About
    level: Level
    then: str | None
    today: str | None

    @property
    def differs(self) -> bool:
        return self.then != self.today


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that the recipient had said by then.

    Args:
        words: a sentence.
        applied: whether it was about this sender and topic.
        ended_at: when it was taken back, which may be later than the message.
    """

    at: datetime
    words: str
    applied: bool
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A ruling then and today; `is_same` when nothing that decides has changed."""

    ruling: Ruling
    facts: Sequence[Fact]
    opinions: Sequence[Opinion]

    @property
    def is_same(self) -> bool:
        return not any(fact.differs for fact in self.facts) and not any(each.differs for each in self.opinions)


def explain_ruling(ruling_id: UUID, *, now: datetime) -> Explanation | None:
    """Of the current tenant; None when there is none of this id. `now` is the today it is compared with."""
    ruling = Ruling.objects.filter(pk=ruling_id).first()
    if ruling is None:
        return None
    _, decisions = current_decisions(now)
    today = snapshot_of(decisions, ruling.header, ruling.template_id, ruling.country).content
    then = ruling.content
    facts = [
        Fact(label, str(then["facts"].get(name, "")), str(today["facts"].get(name, "")))
        for name, label in FACTS.items()
        if name in then["facts"] or name in today["facts"]
    ]
    return Explanation(ruling, facts, list(_opinions(then["rules"], today["rules"])))


def wishes_at(*, recipient: str, sender: str, topic: str, at: datetime) -> list[Wish]:
    """What the recipient had said when a message was judged, oldest first.

    Opt-outs and consents are kept with their times and never changed; of the registers of preferences only the
    reading in force is kept, so its own time is told.
    """
    return sorted([*_opt_outs(recipient, sender, topic, at), *_consents(recipient, sender, topic, at),
                   *_preferences(recipient, at)], key=lambda wish: wish.at)  # fmt: skip


def _opinions(then: Sequence[Sequence[str]], today: Sequence[Sequence[str]]) -> Iterator[Opinion]:
    known = {each.about.key: each.about for each in pipeline()}
    before = {key: (level, said) for key, level, said in then}
    after = {key: (level, said) for key, level, said in today}
    for key in dict.fromkeys((*before, *after)):
        # A rule that was taken out of the product since has no words any more; its key says what it was.
        if key in known:
            level = (before.get(key) or after[key])[0]
            was, now = before.get(key), after.get(key)
            yield Opinion(known[key], Level(level), was[1] if was else None, now[1] if now else None)


def _opt_outs(recipient: str, sender: str, topic: str, at: datetime) -> Iterator[Wish]:
    standing = Q(lifted_at=None) | Q(lifted_at__gt=at)
    for row in OptOut.objects.filter(standing, recipient=recipient, created_at__lte=at).order_by("-pk")[:MOST]:
        about = f"sender {row.sender}" if row.sender else "every sender"
        subject = f", topic “{row.topic}”" if row.topic else ""
        applied = row.sender in {None, sender} and row.topic in {None, topic}
        source = row.get_source_display().lower()
        yield Wish(row.created_at, f"Opted out of {about}{subject} ({source})", applied, row.lifted_at)


def _consents(recipient: str, sender: str, topic: str, at: datetime) -> Iterator[Wish]:
    for row in ConsentEvent.objects.filter(recipient=recipient, recorded_at__lte=at).order_by("-pk")[:MOST]:
        about = row.sender or "any sender"
        subject = f", topic “{row.topic}”" if row.topic else ""
        until = f", valid until {row.valid_until:%Y-%m-%d}" if row.valid_until else ""
        proof = "with evidence" if row.is_proven else "without evidence"
        words = f"Consent {row.get_action_display().lower()} for {about}{subject}{until}, {proof}"
        yield Wish(row.recorded_at, words, row.sender in {"", sender} and row.topic in {"", topic})


def _preferences(recipient: str, at: datetime) -> Iterator[Wish]:
    found = DndNumber.objects.filter(recipient=recipient, of_list__is_active=True).select_related("of_list")
    for row in found:
        words = f"In the register “{row.of_list.name}” as read then"
        if row.of_list.created_at > at:
            words = f"In the register “{row.of_list.name}”, which was read anew since; what it said then is not kept"
        yield Wish(row.of_list.created_at, words, row.of_list.created_at <= at)
