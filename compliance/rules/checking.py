"""A dry run: every rule's verdict on one message that nobody sends. The pipeline itself gives the decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import TextChoices

from compliance.cta import Call, calls_in
from compliance.queries import SENDER_AS_SHOWN, as_registered
from compliance.rules import style
from compliance.rules.calls import TemplateCalls
from compliance.rules.catalogue import AFTER, NUMBER, NUMBER_KINDS, RECIPIENT, TEXT, VALUES
from compliance.rules.content import Shelf, ordered
from compliance.rules.contract import DltIds, Refusal, Ruling, Subject
from compliance.rules.country import package_for
from compliance.rules.decisions import SENDER_RULES, TEMPLATE_RULES, Approved, Decisions, link_rules
from compliance.rules.destinations import BLOCKED
from compliance.rules.facts import TemplateFacts
from compliance.rules.hours import HOURS, objection_of_hours
from compliance.rules.rule import About, Level, PairRule
from compliance.rules.screening import Screening
from compliance.rules.versions import current_decisions
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberReason, NumberRefused, country_of, normalise
from kernel.telecom.segments import TextRefused, count_segments, normalise_text


class Outcome(TextChoices):
    PASSED = "passed", "Passed"
    OBSERVED = "observed", "Observed"
    WARNED = "warned", "Warned"
    REFUSED = "refused", "Refused"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


_OF_LEVEL = {Level.OBSERVE: Outcome.OBSERVED, Level.WARN: Outcome.WARNED, Level.REFUSE: Outcome.REFUSED}


class Verdict(NamedTuple):
    """What one rule says; `detail` and `remedy` are empty unless it objects."""

    about: About
    level: Level
    outcome: Outcome
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A message as somebody would send it; the fields are those of a `Subject`, the recipient as typed."""

    sender: str
    recipient: str
    text: str | None = None
    template_id: UUID | str | None = None
    variables: Sequence[str] | Mapping[str, str] | None = None
    traffic_class: TrafficClass | None = None


@dataclass(slots=True)
class Checked:
    """All that is known about the message.

    Args:
        refusal: what it would be refused with; None when compliance lets it pass.
        template: the one that was named or found; `nearest` when no template matches.
        encoding, parts: of the text that would be sent; "" and 0 where there is none.
        dlt: ids that would go over the wire.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    refusal: Refusal | None = None
    warnings: tuple[str, ...] = ()
    recipient: str = ""
    country: str = ""
    template: TemplateFacts | None = None
    nearest: TemplateFacts | None = None
    traffic_class: TrafficClass | None = None
    text: str = ""
    encoding: str = ""
    parts: int = 0
    dlt: DltIds | None = None


def check(*, asked: Asked, region: str, now: datetime) -> Checked:
    """Ask every rule about a message of the current tenant. Nothing is sent, held or written.

    Args:
        region: country of numbers without a country code.
    """
    number = normalise(asked.recipient, region)
    if isinstance(number, NumberRefused):
        refusal = Refusal(number.code, number.detail, number.remedy)
        about = _about_number(number)
        return Checked([_verdict(about, Level.REFUSE, refusal)], refusal, recipient=asked.recipient[:20])
    sender = as_registered([asked.sender]).get(asked.sender, asked.sender)
    screening = Screening.load(senders=[sender], template_ids=[], recipients=[number], now=now, is_dry=True)
    text = asked.text
    if text is not None:
        try:
            text = normalise_text(text)
        except TextRefused as refused:
            refusal = Refusal(refused.code, refused.detail, refused.remedy)
            return Checked([_verdict(TEXT, Level.REFUSE, refusal)], refusal, recipient=number)
    subject = Subject(sender, asked.template_id, text, asked.variables, number, asked.traffic_class)
    checked = _Check(subject, number, current_decisions(now)[1], screening).run()
    if sender != asked.sender:
        checked.warnings = (*checked.warnings, SENDER_AS_SHOWN)
    return checked


def _about_number(refused: NumberRefused) -> About:
    line, premium = NUMBER_KINDS
    if refused.code == NUMBER.code:
        return NUMBER
    return premium if refused.reason in (NumberReason.PREMIUM_RATE, NumberReason.SHARED_COST) else line


def _verdict(about: About, level: Level, objection: Refusal | None) -> Verdict:
    if objection is None:
        return Verdict(about, level, Outcome.PASSED)
    return Verdict(about, level, _OF_LEVEL[level], objection.detail, objection.remedy)


class _Check:
    def __init__(self, subject: Subject, recipient: E164, decisions: Decisions, screening: Screening) -> None:
        self.subject, self.decisions, self.screening = subject, decisions, screening
        self.country = country_of(recipient)
        self.package = package_for(self.country)
        numbers = [_verdict(about, Level.REFUSE, None) for about in (NUMBER, *NUMBER_KINDS)]
        self.checked = Checked(numbers, recipient=recipient, country=self.country)
        self.template = self._template()
        self.pair = decisions.pair_of(subject.sender, self.template, self.country)

    def run(self) -> Checked:
        checked, ruling = self.checked, self.screening.rule(self.subject)
        text = ruling.text or self._text()
        self._of_pair()
        self._of_links(text)
        self._of_style()
        self._of_text(ruling)
        self._of_recipient(ruling)
        if ruling.code is not None:
            checked.refusal = Refusal(ruling.code, ruling.detail, ruling.remedy)
        checked.template, checked.warnings, checked.dlt = self.template, ruling.warnings, ruling.dlt
        if ruling.window is not None and ruling.window.opens > self.screening.now:
            checked.warnings = (*checked.warnings, "promo_deferred")
        checked.traffic_class, checked.text = ruling.traffic_class, text
        if text:
            encoding, checked.parts = count_segments(text)
            checked.encoding = encoding.value
        return checked

    def _template(self) -> TemplateFacts | None:
        sender, reference, text, *_ = self.subject
        if reference is not None:
            return self.decisions.facts.template(reference)
        shelf = self.decisions.shelf(sender, self.country)
        if not isinstance(shelf, Shelf) or not text:
            return None
        hit = shelf.find(text)
        if hit is None:
            self.checked.nearest = shelf.nearest(text)
            return None
        return hit[0]

    def _text(self) -> str:
        """The text as far as it can be written, for rules that look at it although another one refuses."""
        if self.subject.text is not None:
            return self.subject.text
        if self.template is None:
            return ""
        compiled = self.template.compiled
        values = ordered(compiled, self.subject.variables)
        if isinstance(values, Refusal) or len(values) != len(compiled.variables):
            return ""
        return compiled.render(values)

    def _of_pair(self) -> None:
        for rule in SENDER_RULES:
            self._add(rule.about, rule.judge(self.pair))
        # Without a name and without a match there is no template to speak of.
        is_searched = self.template is None and self.subject.template_id is None
        self._of_template(TEMPLATE_RULES, is_silent=is_searched)
        for rule in self.package.sender_rules:
            self._of_template((rule,), is_silent=self.pair.sender is None)
        self._of_template(self.package.template_rules, is_silent=self.template is None or self.pair.sender is None)

    def _of_template(self, rules: Iterable[PairRule], *, is_silent: bool) -> None:
        for rule in rules:
            if is_silent:
                self._skip(rule.about)
            else:
                self._add(rule.about, rule.judge(self.pair))

    def _of_links(self, text: str) -> None:
        calls = self._calls(text)
        for rule in link_rules(self.package):
            if not calls:
                self._skip(rule.about)
                continue
            whitelist = self.decisions.whitelist_of(self.pair)
            found = (refusal for call in calls if (refusal := rule.judge(call, self.pair, whitelist)) is not None)
            self._add(rule.about, next(found, None))

    def _calls(self, text: str) -> list[Call]:
        """As the pipeline finds them: fixed text, and the values that stand in it; else all of the text."""
        template = self.template
        if template is None:
            return calls_in(text)
        match = template.compiled.match(text) if text else None
        plan = TemplateCalls(template.compiled).by_slots
        return [*plan.fixed, *plan.calls(match.values)] if match else list(plan.fixed)

    def _of_style(self) -> None:
        self._of_template(style.PAIR_RULES, is_silent=self.template is None)

    def _of_text(self, ruling: Ruling) -> None:
        content = {about.code: about for about in (TEXT, *VALUES)}
        for about in content.values():
            if ruling.code == about.code:
                self._add(about, Refusal(ruling.code, ruling.detail, ruling.remedy))
            elif self.template is None or self._is_pair_refused():
                self._skip(about)
            else:
                self._add(about, None)

    def _is_pair_refused(self) -> bool:
        return self.template is not None and not isinstance(
            self.decisions.pair(self.pair.header, self.template.id, self.country), Approved
        )

    def _of_recipient(self, ruling: Ruling) -> None:
        traffic_class = ruling.traffic_class or self.subject.traffic_class or TrafficClass.TRANSACTIONAL
        topic = self.template.topic if self.template else ""
        self._add(BLOCKED, self.decisions.country(self.country, traffic_class).judge(self.subject.recipient))
        said = self.screening.objections_of(self.subject.recipient, self.subject.sender, traffic_class, topic)
        for about in RECIPIENT:
            self._add(about, next((refusal for refusal in said if refusal.code == about.code), None))

        self._of_hours(traffic_class)
        for about in AFTER[1:]:
            if ruling.code and about.key not in self.screening.said:
                self._skip(about)
            else:
                self._add(about, self.screening.said.get(about.key))

    def _of_hours(self, traffic_class: TrafficClass) -> None:
        if traffic_class is not TrafficClass.PROMOTIONAL:
            self._skip(HOURS)
            return
        objection = objection_of_hours(self.subject.recipient, self.screening.now)
        level = Level.WARN if self.decisions.facts.recipients.defers else Level.REFUSE
        self.checked.verdicts.append(_verdict(HOURS, level, objection))

    def _add(self, about: About, objection: Refusal | None) -> None:
        self.checked.verdicts.append(_verdict(about, about.level(self.decisions.facts.levels), objection))

    def _skip(self, about: About) -> None:
        level = about.level(self.decisions.facts.levels)
        self.checked.verdicts.append(Verdict(about, level, Outcome.NOT_APPLICABLE))
