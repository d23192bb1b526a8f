"""A dry run: every rule's verdict on one message that nobody sends. The pipeline itself gives the decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

import phonenumbers
from django.conf import settings
from django.db.models import TextChoices

from compliance.cta import Call, calls_in
from compliance.identifiers import INDIA
from compliance.queries import SENDER_AS_SHOWN, as_registered
from compliance.rules.calls import TemplateCalls
from compliance.rules.catalogue import (
    AFTER,
    EMPTY,
    NUMBER,
    NUMBER_KINDS,
    RECIPIENT,
    TEXT,
    TOO_LONG,
    UNSENDABLE,
    VALUES,
)
from compliance.rules.content import Shelf, ordered, refusal_of_mismatch, refusal_of_value
from compliance.rules.contract import DltIds, Refusal, Ruling, Subject
from compliance.rules.country import package_for
from compliance.rules.decisions import SENDER_RULES, TEMPLATE_RULES, link_rules, text_rules
from compliance.rules.destinations import BLOCKED
from compliance.rules.facts import TemplateFacts
from compliance.rules.hours import HOURS, objection_of_hours
from compliance.rules.rule import About, Level, PairRule
from compliance.rules.screening import Screening
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberReason, NumberRefused, country_dialled, country_of, normalise
from kernel.telecom.segments import TextRefused, count_segments, normalise_text


class Outcome(TextChoices):
    PASSED = "passed", "Passed"
    OBSERVED = "observed", "Observed"
    WARNED = "warned", "Warned"
    REFUSED = "refused", "Refused"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


_SHOWN: Final = 20
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
        country, destination, duties: whose rules were asked, and what this country wants registered or said besides;
            empty where the number is of no country.
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
    destination: str = ""
    duties: tuple[str, ...] = ()


def check(*, asked: Asked, region: str, now: datetime) -> Checked:
    """Ask every rule about a message of the current tenant. Nothing is sent, held or written.

    Args:
        region: country of numbers without a country code. Where a number is refused, all other rules are asked as if
            it were a mobile phone's of the country that it would be dialled in, or of this one if there is none.
    """
    number = normalise(asked.recipient, region)
    unreadable = Refusal(number.code, number.detail, number.remedy) if isinstance(number, NumberRefused) else None
    country = country_dialled(asked.recipient, region) if isinstance(number, NumberRefused) else country_of(number)
    recipient = _any_mobile(country, region) if isinstance(number, NumberRefused) else number
    sender = as_registered([asked.sender]).get(asked.sender, asked.sender)
    screening = Screening.load(senders=[sender], template_ids=[], recipients=[recipient], now=now, is_dry=True)
    text, unsendable = _readable(asked.text)
    subject = Subject(sender, asked.template_id, text, asked.variables, recipient, asked.traffic_class)
    about = _about_number(number) if isinstance(number, NumberRefused) else None
    checked = _Check(subject, recipient, screening).run(about, unreadable, unsendable)
    if unreadable is not None:
        checked.recipient = asked.recipient[:_SHOWN]
    if country == "ZZ":
        checked.country, checked.destination, checked.duties = "", "", ()
    if sender != asked.sender:
        checked.warnings = (*checked.warnings, SENDER_AS_SHOWN)
    return checked


def _about_number(refused: NumberRefused) -> About:
    line, premium = NUMBER_KINDS
    if refused.code == NUMBER.code:
        return NUMBER
    return premium if refused.reason in (NumberReason.PREMIUM_RATE, NumberReason.SHARED_COST) else line


def _any_mobile(*regions: str) -> E164:
    mobile = phonenumbers.PhoneNumberType.MOBILE
    examples = (phonenumbers.example_number_for_type(each, mobile) for each in (*regions, INDIA))
    example = next(found for found in examples if found is not None)
    return E164(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))


def _readable(text: str | None) -> tuple[str | None, Refusal | None]:
    """A text as it is sent; one that cannot be stays as it is, for the rules behind."""
    if text is None:
        return None, None
    try:
        return normalise_text(text), None
    except TextRefused as refused:
        return text, Refusal(refused.code, refused.detail, refused.remedy)


def _verdict(about: About, level: Level, objection: Refusal | None) -> Verdict:
    if objection is None:
        return Verdict(about, level, Outcome.PASSED)
    return Verdict(about, level, _OF_LEVEL[level], objection.detail, objection.remedy)


class _Check:
    def __init__(self, subject: Subject, recipient: E164, screening: Screening) -> None:
        self.subject, self.screening, self.decisions = subject, screening, screening.decisions
        self.country = country_of(recipient)
        self.package = package_for(self.country)
        self.checked = Checked(recipient=recipient, country=self.country)
        self.checked.destination, self.checked.duties = self.package.name, self.package.duties
        self.unfound: Refusal | None = None
        # Whose rules are asked about a template: the one named or found, or all of a sender's, which fail alike.
        self.judged = self.template = self._template()
        if self.template is None and self.subject.template_id is None:
            self.judged = self._first_hindered()
        self.pair = self.decisions.pair_of(subject.sender, self.judged, self.country)

    def run(self, about: About | None, unreadable: Refusal | None, unsendable: Refusal | None) -> Checked:
        checked, ruling = self.checked, self.screening.rule(self.subject)
        text = ruling.text or self._text()
        is_empty = (self.subject.text is not None or self.subject.template_id is None) and not text.strip()
        for each in (NUMBER, *NUMBER_KINDS):
            self._add(each, unreadable if each is about else None)
        self._add(UNSENDABLE, unsendable)
        self._add(EMPTY, EMPTY.refusal() if is_empty else None)
        self._of_pair()
        self._of_text(text, is_empty=is_empty)
        self._of_links(text)
        self._of_style()
        self._of_recipient(ruling, is_known=unreadable is None)
        checked.template, checked.warnings, checked.dlt = self.template, ruling.warnings, ruling.dlt
        if ruling.window is not None and ruling.window.opens > self.screening.now:
            checked.warnings = (*checked.warnings, "promo_deferred")
        checked.traffic_class, checked.text = ruling.traffic_class, text
        if text and unsendable is None:
            encoding, checked.parts = count_segments(text)
            checked.encoding = encoding.value
        too_long = self._too_long(checked.parts)
        self._add(TOO_LONG, too_long)
        judged = Refusal(ruling.code, ruling.detail, ruling.remedy) if ruling.code is not None else too_long
        checked.refusal = unreadable or unsendable or (EMPTY.refusal() if is_empty else judged)
        return checked

    def _template(self) -> TemplateFacts | None:
        reference, text = self.subject.template_id, self.subject.text
        if reference is not None:
            return self.decisions.facts.template(reference)
        shelf = self._shelf()
        if shelf is None or not text:
            return None
        hit = shelf.find(text)
        if hit is None:
            self.checked.nearest = shelf.nearest(text)
            return None
        return hit[0]

    def _shelf(self) -> Shelf | None:
        """The sender's templates, those that its registration hinders too: what a text resembles is worth knowing."""
        found = self.decisions.shelf(self.subject.sender, self.country)
        if isinstance(found, Shelf):
            return found
        approved = self.decisions.facts.approved_of(self.subject.sender)
        if not approved and found.code == TEXT.code:
            self.unfound = found
        return Shelf((), approved) if approved else None

    def _first_hindered(self) -> TemplateFacts | None:
        """A template of a sender all of whose templates are refused for their registration."""
        found = self.decisions.shelf(self.subject.sender, self.country)
        approved = self.decisions.facts.approved_of(self.subject.sender)
        return approved[0] if approved and isinstance(found, Refusal) else None

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
        for rule in self.package.sender_rules:
            self._of_rule(rule, is_silent=self.pair.sender is None)
        # Without a name and without a match there is no template to speak of.
        is_searched = self.judged is None and self.subject.template_id is None
        for rule in TEMPLATE_RULES:
            self._of_rule(rule, is_silent=is_searched)
        for rule in self.package.template_rules:
            self._of_rule(rule, is_silent=self.judged is None or self.pair.sender is None)

    def _of_rule(self, rule: PairRule, *, is_silent: bool) -> None:
        if is_silent:
            self._skip(rule.about)
        else:
            self._add(rule.about, rule.judge(self.pair))

    def _of_text(self, text: str, *, is_empty: bool) -> None:
        is_asked = not is_empty and (self.template or self.checked.nearest or self.unfound)
        objection = self._mismatch(text) if is_asked else None
        for about in (TEXT, *VALUES):
            if not is_asked:
                self._skip(about)
            else:
                self._add(about, objection if objection and objection.code == about.code else None)

    def _mismatch(self, text: str) -> Refusal | None:
        """What the text, or the values, have against the template."""
        if self.unfound is not None:
            return self.unfound
        template = self.template or self.checked.nearest
        if template is None:
            return None
        compiled = template.compiled
        if self.subject.text is not None:
            is_match = self.template is not None and compiled.match(text) is not None
            return None if is_match else refusal_of_mismatch(template.label, compiled.mismatch(text))
        values = ordered(compiled, self.subject.variables)
        if isinstance(values, Refusal):
            return values
        problem = compiled.check_values(values)
        return refusal_of_value(problem) if problem else None

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
        pair = self.decisions.pair_of(self.subject.sender, self.template, self.country)
        for rule in text_rules(self.package):
            if self.template is None:
                self._skip(rule.about)
            else:
                self._add(rule.about, rule.judge(pair))

    def _of_recipient(self, ruling: Ruling, *, is_known: bool) -> None:
        if not is_known:
            for about in (BLOCKED, *RECIPIENT, *AFTER):
                self._skip(about)
            return
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

    @staticmethod
    def _too_long(parts: int) -> Refusal | None:
        most = settings.MAX_SEGMENTS
        if parts <= most:
            return None
        return TOO_LONG.refusal(f"The text takes {parts} parts; at most {most} are sent.")

    def _add(self, about: About, objection: Refusal | None) -> None:
        self.checked.verdicts.append(_verdict(about, about.level(self.decisions.facts.levels), objection))

    def _skip(self, about: About) -> None:
        level = about.level(self.decisions.facts.levels)
        self.checked.verdicts.append(Verdict(about, level, Outcome.NOT_APPLICABLE))
