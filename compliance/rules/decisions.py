"""What follows from a tenant's facts alone, whoever the recipient is: decided once, then looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from compliance.matching import ValueProblem
from compliance.rules import india
from compliance.rules.content import Shelf
from compliance.rules.contract import DltIds, Pair, PairRule, Refusal
from compliance.rules.facts import Facts, SenderFacts, TemplateFacts
from compliance.rules.header import HeaderApproved
from compliance.rules.template import TemplateApproved
from kernel.domain.traffic import TrafficClass

SENDER_RULES: Final[tuple[PairRule, ...]] = (HeaderApproved(),)
TEMPLATE_RULES: Final[tuple[PairRule, ...]] = (TemplateApproved(),)
# Asked besides for messages to that country.
COUNTRY_SENDER_RULES: Final[Mapping[str, tuple[PairRule, ...]]] = {
    india.COUNTRY: (india.EntityRegistered(), india.HeaderRegistered())
}
COUNTRY_TEMPLATE_RULES: Final[Mapping[str, tuple[PairRule, ...]]] = {india.COUNTRY: (india.TemplateRegistered(),)}

# Keys come from requests: what is remembered about them is thrown away before it grows without bound.
_REMEMBERED: Final = 10_000


class Approved(NamedTuple):
    """What holds for every message of one sender and template to one country; the functions are the template's."""

    template: TemplateFacts
    traffic_class: TrafficClass
    dlt: DltIds | None
    check: Callable[[Sequence[str]], ValueProblem | None]
    render: Callable[[Sequence[str]], str]


class Decisions:
    """Shared by all screenings of a tenant until its facts change."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._pairs: dict[tuple[str, UUID | str, str], Approved | Refusal] = {}
        self._shelves: dict[tuple[str, str], Shelf | Refusal] = {}

    def pair(self, header: str, reference: UUID | str, country: str) -> Approved | Refusal:
        """May this sender send this template to this country?"""
        key = (header, reference, country)
        found = self._pairs.get(key)
        if found is None:
            if len(self._pairs) >= _REMEMBERED:
                self._pairs.clear()
            found = self._pairs[key] = self._decide(header, self.facts.template(reference), country)
        return found

    def sender(self, header: str, country: str) -> Refusal | None:
        """Why this sender may send nothing to this country, whatever the template."""
        rules = (*SENDER_RULES, *COUNTRY_SENDER_RULES.get(country, ()))
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

    def _decide(self, header: str, template: TemplateFacts | None, country: str) -> Approved | Refusal:
        sender = self.facts.senders.get(header)
        country_rules = (*COUNTRY_SENDER_RULES.get(country, ()), *COUNTRY_TEMPLATE_RULES.get(country, ()))
        refusal = _first((*SENDER_RULES, *TEMPLATE_RULES, *country_rules), Pair(header, sender, template, country))
        if refusal is not None:
            return refusal
        if sender is None or template is None:
            raise AssertionError("the first rules refuse what does not exist")
        compiled = template.compiled
        dlt = _dlt_ids(sender, template, country)
        return Approved(template, template.traffic_class, dlt, compiled.check_values, compiled.render)

    def _gather(self, header: str, country: str) -> Shelf | Refusal:
        refusal = self.sender(header, country)
        if refusal is not None:
            return refusal
        approved = self.facts.approved_of(header)
        decided = [(template, self.pair(header, template.id, country)) for template in approved]
        usable = [template for template, decision in decided if isinstance(decision, Approved)]
        if usable:
            return Shelf(usable)
        # Where all approved templates fail for their registration, that is what has to be mended.
        return next((decision for _, decision in decided if isinstance(decision, Refusal)), _nothing_approved(header))


def _first(rules: Iterable[PairRule], pair: Pair) -> Refusal | None:
    return next((refusal for rule in rules if (refusal := rule.judge(pair)) is not None), None)


def _dlt_ids(sender: SenderFacts, template: TemplateFacts, country: str) -> DltIds | None:
    registration = template.registrations.get(country)
    if country != india.COUNTRY or sender.entity is None or registration is None:
        return None
    return DltIds(sender.entity.dlt_entity_id, registration.dlt_template_id)


def _nothing_approved(header: str) -> Refusal:
    return Refusal(
        "template_not_matched",
        f"The sender “{header}” has no approved template, so no text can match one.",
        "Add the text as a template and have it approved.",
    )
