"""The pipeline: may this be sent, as what text, in which class, with which ids. Asked for every message."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from compliance.rules.consent import NotOptedOut
from compliance.rules.content import Shelf, ordered, refusal_of_mismatch, refusal_of_value
from compliance.rules.contract import RecipientRule, Refusal, Ruling, Subject
from compliance.rules.decisions import Approved, Decisions
from compliance.rules.versions import current_decisions
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import country_of

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
        self._found: dict[tuple[str, str, str], tuple[Approved, tuple[str, ...]] | Refusal] = {}

    @classmethod
    def load(
        cls, *, senders: Collection[str], template_ids: Collection[UUID | str], recipients: Sequence[str], now: datetime
    ) -> Screening:
        """Read what is needed to judge messages of the current tenant: two queries, six after a change of the rules.

        Args:
            senders: headers of the messages to come; opt-outs are read for these.
            template_ids: templates to come, compiled ahead; others are found as well.
            recipients: every recipient that will be judged, E.164.
            now: the instant of judgement.
        """
        version, decisions = current_decisions()
        decisions.facts.compile(template_ids)
        rules = (NotOptedOut.load(recipients, list(senders)),)
        return cls(decisions, recipient_rules=rules, known=recipients, version=version, now=now)

    def rule(self, subject: Subject) -> Ruling:
        """Decide on one message; the first refusal counts.

        Raises:
            LookupError: the recipient is not among those loaded, so that nobody knows what they want.
        """
        sender, reference, text, variables, recipient, asked = subject
        if recipient not in self._known:
            raise LookupError("the screening was not loaded for this recipient")
        country = "IN" if recipient.startswith("+91") else country_of(E164(recipient))
        if reference is None:
            found = self._search(sender, text, country)
            if isinstance(found, Refusal):
                return _refused(found, text, asked)
            approved, warnings = found
        else:
            decision = self._decisions.pair(sender, reference, country)
            if isinstance(decision, Refusal):
                return _refused(decision, text, asked)
            written = _write(decision, text, variables)
            if isinstance(written, Refusal):
                return _refused(written, text, asked, decision)
            approved, (text, warnings) = decision, written
        traffic_class = approved.traffic_class
        if asked is not None and asked > traffic_class:
            traffic_class = asked
        for rule in self._recipient_rules:
            refusal = rule.judge(recipient, sender, traffic_class)
            if refusal is not None:
                return _refused(refusal, text, traffic_class, approved)
        return Ruling(None, "", "", text or "", approved.template.id, traffic_class, approved.dlt, warnings)

    def render_many(
        self, sender: str, template_id: UUID | str, rows: Sequence[Sequence[str]], *, country: str = "IN"
    ) -> list[str | Refusal]:
        """One text per row of values, or why there is none; for previews and campaigns.

        Recipients are not asked about here: `rule` decides on each when the message is accepted.
        """
        decision = self._decisions.pair(sender, template_id, country)
        if isinstance(decision, Refusal):
            return [decision] * len(rows)
        check, render = decision.check, decision.render
        return [render(row) if (problem := check(row)) is None else refusal_of_value(problem) for row in rows]

    def _search(self, sender: str, text: str | None, country: str) -> tuple[Approved, tuple[str, ...]] | Refusal:
        if not text:
            return _EMPTY
        key = (sender, text, country)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._find(sender, text, country)
        return found

    def _find(self, sender: str, text: str, country: str) -> tuple[Approved, tuple[str, ...]] | Refusal:
        shelf = self._decisions.shelf(sender, country)
        if isinstance(shelf, Refusal):
            return shelf
        hit = shelf.find(text)
        if hit is None:
            return _unmatched(shelf, text)
        template, match = hit
        decision = self._decisions.pair(sender, template.id, country)
        return decision if isinstance(decision, Refusal) else (decision, match.warnings)


def _write(
    approved: Approved, text: str | None, variables: Sequence[str] | Mapping[str, str] | None
) -> tuple[str, tuple[str, ...]] | Refusal:
    """The text of a message whose template was named: rendered, or given and compared."""
    if text is None:
        values = ordered(approved.template.compiled, variables)
        if isinstance(values, Refusal):
            return values
        problem = approved.check(values)
        return (approved.render(values), ()) if problem is None else refusal_of_value(problem)
    compiled = approved.template.compiled
    match = compiled.match(text)
    if match is None:
        return refusal_of_mismatch(approved.template.label, compiled.mismatch(text))
    return text, match.warnings


def _unmatched(shelf: Shelf, text: str) -> Refusal:
    nearest = shelf.nearest(text)
    return refusal_of_mismatch(nearest.label, nearest.compiled.mismatch(text))


def _refused(
    refusal: Refusal, text: str | None, traffic_class: TrafficClass | None, approved: Approved | None = None
) -> Ruling:
    template_id = approved.template.id if approved else None
    if traffic_class is None and approved:
        traffic_class = approved.traffic_class
    dlt = approved.dlt if approved else None
    return Ruling(refusal.code, refusal.detail, refusal.remedy, text or "", template_id, traffic_class, dlt)
