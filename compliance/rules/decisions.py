"""What follows from a tenant's facts alone, whoever the recipient is: decided once, then looked up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from compliance.cta import NOTHING, Whitelist
from compliance.rules import style
from compliance.rules.calls import Judge, Objection, TemplateCalls, judge_with
from compliance.rules.content import Shelf
from compliance.rules.contract import DltIds, Pair, Refusal
from compliance.rules.country import CountryPackage, package_for
from compliance.rules.destinations import Country, decide_country
from compliance.rules.facts import Facts, SenderFacts, TemplateFacts
from compliance.rules.header import SenderApproved, SenderExists
from compliance.rules.rule import Level, LinkRule, PairRule
from compliance.rules.template import TemplateApproved, TemplateExists, TemplateOfSender
from kernel.domain.traffic import TrafficClass

# The first place behind all rules about links.
BEHIND_LINKS: Final = 100
SENDER_RULES: Final[tuple[PairRule, ...]] = (SenderExists(), SenderApproved())
TEMPLATE_RULES: Final[tuple[PairRule, ...]] = (TemplateExists(), TemplateApproved(), TemplateOfSender())

# Keys come from requests: what is remembered about them is thrown away before it grows without bound.
_REMEMBERED: Final = 10_000


class Approved(NamedTuple):
    """What holds for every message of one sender and template to one country.

    Args:
        own: what rules about links and of style say of the template itself; they come behind those about texts and
            values, so that a refusal among these counts only when the text passed.
        calls: where values may call readers to something; `judge_calls` says what the destination's rules say of it.
    """

    template: TemplateFacts
    traffic_class: TrafficClass
    dlt: DltIds | None
    own: Objection
    calls: TemplateCalls
    judge_calls: Judge


class Decisions:
    """Shared by all screenings of a tenant until its facts change."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._pairs: dict[tuple[str, UUID | str, str], Approved | Refusal] = {}
        self._shelves: dict[tuple[str, str], Shelf | Refusal] = {}
        self._countries: dict[tuple[str, TrafficClass], Country] = {}

    def pair(self, header: str, reference: UUID | str, country: str) -> Approved | Refusal:
        """May this sender send this template to this country?"""
        key = (header, reference, country)
        found = self._pairs.get(key)
        if found is None:
            if len(self._pairs) >= _REMEMBERED:
                self._pairs.clear()
            found = self._pairs[key] = self._decide(header, self.facts.template(reference), country)
        return found

    def obstacle(self, header: str, reference: UUID | str, country: str) -> Refusal | None:
        """What refuses every message of this sender and template to this country, text and values whatever they are."""
        decision = self.pair(header, reference, country)
        return decision if isinstance(decision, Refusal) else decision.own.refusal

    def sender(self, header: str, country: str) -> Refusal | None:
        """Why this sender may send nothing to this country, whatever the template."""
        rules = (*SENDER_RULES, *package_for(country).sender_rules)
        return _first(rules, Pair(header, self.facts.senders.get(header), None, country))

    def shelf(self, header: str, country: str) -> Shelf | Refusal:
        """The templates in which a text without template id is searched."""
        key = (header, country)
        found = self._shelves.get(key)
        if found is None:
            if len(self._shelves) >= _REMEMBERED:
                self._shelves.clear()
            found = self._shelves[key] = self._gather(header, country)
        return found

    def country(self, country: str, traffic_class: TrafficClass) -> Country:
        """May messages of this class go there?"""
        key = (country, traffic_class)
        found = self._countries.get(key)
        if found is None:
            found = self._countries[key] = decide_country(self.facts.recipients, country, traffic_class)
        return found

    def pair_of(self, header: str, template: TemplateFacts | None, country: str) -> Pair:
        return Pair(header, self.facts.senders.get(header), template, country)

    def judge_of_calls(self, pair: Pair) -> Judge:
        """The link rules of a pair's destination, on what its entity has registered."""
        levels = self.facts.levels
        rules = [(rule, rule.about.level(levels)) for rule in link_rules(package_for(pair.country))]
        return judge_with(rules, pair, self.whitelist_of(pair))

    def whitelist_of(self, pair: Pair) -> Whitelist:
        """What the sender's entity has registered."""
        entity = pair.sender.entity if pair.sender else None
        return self.facts.whitelists.get(entity.dlt_entity_id, NOTHING) if entity else NOTHING

    def _decide(self, header: str, template: TemplateFacts | None, country: str) -> Approved | Refusal:
        pair = self.pair_of(header, template, country)
        refusal = _first(pair_rules(package_for(country)), pair)
        if refusal is not None:
            return refusal
        if pair.sender is None or template is None:
            raise AssertionError("the first rules refuse what does not exist")
        judge, calls = self.judge_of_calls(pair), TemplateCalls(template.compiled)
        own = judge(calls.fixed).joined(self._style(pair))
        dlt = dlt_ids(pair.sender, template, country)
        return Approved(template, template.traffic_class, dlt, own, calls, judge)

    def _style(self, pair: Pair) -> Objection:
        """Rules of style about templates, in their places behind the rules about links."""
        rules = [(rule, rule.about.level(self.facts.levels)) for rule in text_rules(package_for(pair.country))]
        found = [(place, rule, level, rule.judge(pair)) for place, (rule, level) in enumerate(rules, BEHIND_LINKS)]
        passing = [(rule, level, said) for _, rule, level, said in found if said and level is not Level.REFUSE]
        refusals = ((said, place) for place, _, level, said in found if said and level is Level.REFUSE)
        refusal, first = next(refusals, (None, 0))
        warnings = tuple(said.code for _, level, said in passing if level is Level.WARN)
        return Objection(refusal, warnings, tuple(rule.about.key for rule, *_ in passing), first)

    def _gather(self, header: str, country: str) -> Shelf | Refusal:
        refusal = self.sender(header, country)
        if refusal is not None:
            return refusal
        approved = self.facts.approved_of(header)
        decided = [(template, self.pair(header, template.id, country)) for template in approved]
        if not any(isinstance(decision, Approved) for _, decision in decided):
            # Where all approved templates fail for their registration, that is what has to be mended.
            refusals = (decision for _, decision in decided if isinstance(decision, Refusal))
            return next(refusals, _nothing_approved(header))
        usable = {template.id for template, decision in decided if _is_clear(decision)}
        return Shelf([t for t in approved if t.id in usable], [t for t in approved if t.id not in usable])


def _first(rules: Iterable[PairRule], pair: Pair) -> Refusal | None:
    return next((refusal for rule in rules if (refusal := rule.judge(pair)) is not None), None)


def _is_clear(decision: Approved | Refusal) -> bool:
    return isinstance(decision, Approved) and decision.own.refusal is None


def pair_rules(package: CountryPackage) -> tuple[PairRule, ...]:
    """The rules about sender and template that no setting turns down, in order: senders first, for named templates too.

    A text without a named template is searched once its sender passed, so that only this order serves both.
    """
    return (*SENDER_RULES, *package.sender_rules, *TEMPLATE_RULES, *package.template_rules)


def text_rules(package: CountryPackage) -> tuple[PairRule, ...]:
    """The rules about a template's text, in order; they count behind those about links."""
    return (*package.text_rules, *style.PAIR_RULES)


def link_rules(package: CountryPackage) -> tuple[LinkRule, ...]:
    """The destination's rules about links; where it has none, those of style."""
    return package.link_rules or style.LINK_RULES


def dlt_ids(sender: SenderFacts, template: TemplateFacts, country: str) -> DltIds | None:
    registration = template.registrations.get(country)
    if not package_for(country).carries_ids or sender.entity is None or registration is None:
        return None
    return DltIds(sender.entity.dlt_entity_id, registration.dlt_template_id)


def _nothing_approved(header: str) -> Refusal:
    return Refusal(
        "template_not_matched",
        f"The sender “{header}” has no approved template, so no text can match one.",
        "Add the text as a template and have it approved.",
    )
