"""The pipeline: may this be sent, as what text, in which class, with which ids. Asked for every message."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from compliance.rules.columns import Found, Work, by_country, judge_match, pick, refused, same_decision
from compliance.rules.consent import Wishes
from compliance.rules.content import GivenValues, Shelf, refusal_of_mismatch
from compliance.rules.contract import Passed, RecipientRule, Refusal, Ruling, Screened, Subject, Values
from compliance.rules.decisions import Approved, Decisions
from compliance.rules.versions import current_decisions
from kernel.domain.traffic import TrafficClass

_EMPTY: Final = Refusal("empty_text", "The message has no text.", "Give a text, or a template with its variables.")


class Screening:
    """Judges messages of one tenant on the facts as they stand; made for one accept and thrown away.

    Args:
        version: of the rules that were judged by, to be kept beside what was accepted; None before the first change.
        now: the instant of judgement.
        known: the recipients whose wishes were read.
    """

    def __init__(
        self,
        decisions: Decisions,
        *,
        recipient_rules: tuple[RecipientRule, ...],
        known: Collection[str],
        version: UUID | None,
        now: datetime,
    ) -> None:
        self.version = version
        self.now = now
        self._decisions = decisions
        self._recipient_rules = recipient_rules
        self._known = frozenset(known)
        self._found: dict[tuple[str, str, str], Found] = {}

    @classmethod
    def load(
        cls, *, senders: Collection[str], template_ids: Collection[UUID | str], recipients: Sequence[str], now: datetime
    ) -> Screening:
        """Read what is needed to judge messages of the current tenant: two queries, eight after a change of the rules.

        Args:
            senders: headers of the messages to come; opt-outs are read for these.
            template_ids: templates to come, compiled ahead; others are found as well.
            recipients: every recipient that will be judged, E.164.
            now: the instant of judgement.
        """
        version, decisions = current_decisions(now)
        decisions.facts.compile(template_ids)
        rules = Wishes.read(recipients, list(senders)).rules(now)
        return cls(decisions, recipient_rules=rules, known=recipients, version=version, now=now)

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
        return Ruling(None, "", "", text, found.template_id, found.traffic_class, found.dlt, warned)

    def screen(
        self,
        *,
        sender: str,
        template_id: UUID | str | None,
        traffic_class: TrafficClass | None,
        recipients: Sequence[str],
        content: Values | Sequence[str],
    ) -> Screened:
        """Decide on many messages that share sender, template and class; the first refusal counts for each.

        Args:
            content: the values of the named template, or the ready texts; one per recipient.

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
                    self._pass(work, decision, *work.write(decision, numbers))
                continue
            for found, members in work.by_text(numbers, partial(self._search, sender, country), same_decision):
                if isinstance(found, Refusal):
                    work.refuse(members, found)
                else:
                    approved, warnings = found
                    work.warn(members, warnings)
                    self._pass(work, approved, members, work.texts_of(members))
        return work.screened

    def _pass(self, work: Work, approved: Approved, numbers: Sequence[int], texts: Sequence[str]) -> None:
        """Ask the rules that look at recipients; who is left has passed."""
        asked, traffic_class = work.asked, approved.traffic_class
        if asked is not None and asked > traffic_class:
            traffic_class = asked
        topic = approved.template.topic
        for rule in self._recipient_rules:
            refusals = rule.judge_column(pick(work.recipients, numbers), work.sender, traffic_class, topic)
            if refusals:
                for place, refusal in refusals.items():
                    ruling = refused(refusal, texts[place], traffic_class, approved)
                    work.screened.refused[numbers[place]] = ruling
                left = [place for place in range(len(numbers)) if place not in refusals]
                numbers, texts = pick(numbers, left), pick(texts, left)
        if numbers:
            passed = Passed(numbers, texts, approved.template.id, traffic_class, approved.dlt)
            work.screened.passed.append(passed)

    def objections_of(self, recipient: str, sender: str, traffic_class: TrafficClass, topic: str) -> list[Refusal]:
        """What each of the recipient rules says about one recipient, for a dry run."""
        said = [rule.judge(recipient, sender, traffic_class, topic) for rule in self._recipient_rules]
        return [refusal for refusal in said if refusal is not None]

    def _search(self, sender: str, country: str, text: str) -> Found:
        if not text:
            return _EMPTY
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
        refusal, warnings = judge_match(decision, match)
        return refusal or (decision, warnings)


def _unmatched(shelf: Shelf, text: str) -> Refusal:
    nearest = shelf.nearest(text)
    return refusal_of_mismatch(nearest.label, nearest.compiled.mismatch(text))
