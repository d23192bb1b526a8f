"""The pipeline: may this be sent, as what text, in which class, with which ids. Asked for every message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from compliance.levels import Level
from compliance.rules.columns import Found, Work, by_country, judge_match, same_decision
from compliance.rules.consent import Wishes
from compliance.rules.content import GivenValues, Shelf, refusal_of_mismatch
from compliance.rules.contract import RecipientRule, Refusal, Ruling, Screened, Subject, Values
from compliance.rules.decisions import Approved, Decisions
from compliance.rules.destinations import CAP
from compliance.rules.history import DUPLICATE, FREQUENCY, History
from compliance.rules.rule import About
from compliance.rules.runs import RUN, judge_runs
from compliance.rules.survivors import Survivors
from compliance.rules.versions import current_decisions
from kernel.domain.traffic import TrafficClass

EMPTY: Final = Refusal("empty_text", "The message has no text.", "Give a text, or a template with its variables.")


class Screening:
    """Judges messages of one tenant on the facts as they stand; made for one accept and thrown away.

    Args:
        version: of the rules that were judged by, to be kept beside what was accepted; None before the first change.
        now: the instant of judgement.
        known: the recipients whose wishes were read.
        history: what went to them before, where the tenant has rules about that.

    Attributes:
        noted: how many messages passed to which a rule of style objects, by the rule's key and the template.
    """

    def __init__(
        self,
        decisions: Decisions,
        *,
        recipient_rules: tuple[RecipientRule, ...],
        known: Collection[str],
        version: UUID | None,
        now: datetime,
        history: History | None = None,
    ) -> None:
        self.version = version
        self.now = now
        self._decisions = decisions
        self._recipient_rules = recipient_rules
        self._known = frozenset(known)
        self._history = history
        # What rules said that look back, by their keys, for a dry run: asking them again would count the message twice.
        self.said: dict[str, Refusal] = {}
        self._found: dict[tuple[str, str, str], Found] = {}
        self.noted: Counter[tuple[str, UUID]] = Counter()

    @classmethod
    def load(
        cls,
        *,
        senders: Collection[str],
        template_ids: Collection[UUID | str],
        recipients: Sequence[str],
        now: datetime,
        is_dry: bool = False,
    ) -> Screening:
        """Read what is needed to judge messages of the current tenant: two queries, nine after a change of the rules.

        Rules about what went out before, off at first, ask one more each, and one for their locks.

        Args:
            senders: headers of the messages to come; opt-outs are read for these.
            template_ids: templates to come, compiled ahead; others are found as well.
            recipients: every recipient that will be judged, E.164.
            now: the instant of judgement.
            is_dry: nothing will be written, so that nobody has to wait for it.
        """
        version, decisions = current_decisions(now)
        decisions.facts.compile(template_ids)
        rules = Wishes.read(recipients, list(senders)).rules(now)
        history = History.read(decisions.facts.recipients, recipients, senders, now, locks=not is_dry)
        return cls(decisions, recipient_rules=rules, known=recipients, version=version, now=now, history=history)

    def rule(self, subject: Subject) -> Ruling:
        """Decide on one message; the first refusal counts.

        Raises:
            LookupError: the recipient is not among those loaded, so that nobody knows what they want.
        """
        sender, reference, text, variables, recipient, asked = subject
        passed, refused, warnings = self.screen(
            sender=sender,
            template_id=reference,
            traffic_class=asked,
            recipients=(recipient,),
            content=GivenValues((variables,)) if text is None and reference is not None else (text or "",),
        )
        if refused:
            return refused[0]
        found = passed[0]
        (text,) = found.texts
        warned = warnings.get(0, ())
        known = found.template_id, found.traffic_class, found.dlt, warned, found.window
        return Ruling(None, "", "", text, *known)

    def screen(
        self,
        *,
        sender: str,
        template_id: UUID | str | None,
        traffic_class: TrafficClass | None,
        recipients: Sequence[str],
        content: Values | Sequence[str],
        start: datetime | None = None,
    ) -> Screened:
        """Decide on many messages that share sender, template and class; the first refusal counts for each.

        Args:
            content: the values of the named template, or the ready texts; one per recipient.
            start: when they are to go; None is now.

        Raises:
            LookupError: a recipient is not among those loaded, so that nobody knows what they want.
        """
        if not self._known.issuperset(recipients):
            raise LookupError("the screening was not loaded for this recipient")
        work = Work(sender, template_id, traffic_class, recipients, content)
        for country, numbers in by_country(recipients):
            if template_id is not None:
                decision = self._decisions.pair(sender, template_id, country)
                if isinstance(decision, Refusal):
                    work.refuse(numbers, decision)
                else:
                    self._pass(work, decision, country, start, *work.write(decision, numbers))
                continue
            for found, members in work.by_text(numbers, partial(self._search, sender, country), same_decision):
                if isinstance(found, Refusal):
                    work.refuse(members, found)
                else:
                    approved, said = found
                    if work.let_pass(members, approved, said):
                        self._pass(work, approved, country, start, members, work.texts_of(members))
        return work.screened

    def _pass(
        self,
        work: Work,
        approved: Approved,
        country: str,
        start: datetime | None,
        numbers: Sequence[int],
        texts: Sequence[str],
    ) -> None:
        """Ask the rules that look at recipients; who is left has passed."""
        asked, traffic_class = work.asked, approved.traffic_class
        if asked is not None and asked > traffic_class:
            traffic_class = asked
        left = Survivors(work, approved, traffic_class, country, numbers, texts)
        destination = self._decisions.country(country, traffic_class)
        if not destination.is_plain:
            left.apply(destination.judge_column(left.recipients))
        topic = approved.template.topic
        for rule in self._recipient_rules:
            left.apply(rule.judge_column(left.recipients, work.sender, traffic_class, topic))
        at = start or self.now
        left.keep_hours(at, defers=self._decisions.facts.recipients.defers)
        self._look_back(left)
        self._count(work, approved, left.numbers)
        work.screened.passed.extend(left.by_hours(at))

    def _look_back(self, left: Survivors) -> None:
        """Ask the rules about what was sent before."""
        facts = self._decisions.facts.recipients
        if facts.runs:
            self._apply(left, RUN, judge_runs(facts, left.recipients, left.traffic_class, self.now))
        history = self._history
        if history is None:
            return
        self._apply(left, DUPLICATE, history.repeats(left.recipients, left.work.sender, left.texts))
        self._apply(left, FREQUENCY, history.too_many(left.recipients, left.traffic_class))
        self._apply(left, CAP, history.over_cap(left.recipients, left.traffic_class))

    def _apply(self, left: Survivors, about: About, objections: Mapping[int, Refusal]) -> None:
        if objections:
            self.said[about.key] = next(iter(objections.values()))
            level = about.level(self._decisions.facts.levels)
            if level is not Level.REFUSE:
                left.work.note([left.numbers[place] for place in objections], (about.key,))
            left.apply(objections, level)

    def _count(self, work: Work, approved: Approved, numbers: Sequence[int]) -> None:
        """Count messages that pass although a rule of style objects."""
        template_id, of_all = approved.template.id, approved.own.noted
        for key in of_all:
            self.noted[key, template_id] += len(numbers)
        if work.noted:
            keys = (key for number in numbers for key in work.noted.get(number, ()) if key not in of_all)
            self.noted.update((key, template_id) for key in keys)

    def objections_of(self, recipient: str, sender: str, traffic_class: TrafficClass, topic: str) -> list[Refusal]:
        """What each of the recipient rules says about one recipient, for a dry run."""
        said = [rule.judge(recipient, sender, traffic_class, topic) for rule in self._recipient_rules]
        return [refusal for refusal in said if refusal is not None]

    @property
    def decisions(self) -> Decisions:
        """What follows from the tenant's facts, as it stood when they were read."""
        return self._decisions

    def _search(self, sender: str, country: str, text: str) -> Found:
        if not text:
            return EMPTY
        key = (sender, text, country)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(sender, text, country)
        return found

    def _find(self, sender: str, text: str, country: str) -> Found:
        shelf = self._decisions.shelf(sender, country)
        if isinstance(shelf, Refusal):
            return shelf
        hit = shelf.find(text)
        if hit is None:
            return _unmatched(shelf, text)
        template, match = hit
        decision = self._decisions.pair(sender, template.id, country)
        if isinstance(decision, Refusal):
            return decision
        return decision, judge_match(decision, match)


def _unmatched(shelf: Shelf, text: str) -> Refusal:
    nearest = shelf.nearest(text)
    return refusal_of_mismatch(nearest.label, nearest.compiled.mismatch(text))
