"""All rules in the order in which they are asked: what people choose levels from and the documentation is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from compliance.rules import style
from compliance.rules.country import CountryPackage, in_order
from compliance.rules.decisions import SENDER_RULES, TEMPLATE_RULES
from compliance.rules.destinations import BLOCKED, CAP
from compliance.rules.history import DUPLICATE, FREQUENCY
from compliance.rules.hours import HOURS
from compliance.rules.rule import About, Basis, LinkRule, LooksAt, PairRule
from compliance.rules.runs import RUN

EVERYWHERE: Final = "Everywhere"

NUMBER: Final = About(
    "number",
    "invalid_number",
    "The number does not exist in its country's plan, or is not a mobile phone's.",
    "Check the number and its country code.",
    LooksAt.MESSAGE,
)
NUMBER_KINDS: Final = (
    About(
        "number_line",
        "number_not_mobile",
        "The number is a landline, toll-free or company line, pager or mailbox; these receive no SMS.",
        "Ask the recipient for a mobile number.",
        LooksAt.MESSAGE,
    ),
    About(
        "number_premium",
        "number_not_mobile",
        "The number earns from each message: premium rate, shared cost.",
        "Ask the recipient for a mobile number.",
        LooksAt.MESSAGE,
    ),
)
UNSENDABLE: Final = About(
    "text_unsendable",
    "invalid_text",
    "The text has a character that no phone can show.",
    "Remove the character that is named.",
    LooksAt.MESSAGE,
)
EMPTY: Final = About(
    "text_empty",
    "empty_text",
    "The message has no text.",
    "Give a text, or a template with its variables.",
    LooksAt.MESSAGE,
)
TOO_LONG: Final = About(
    "text_too_long",
    "text_too_long",
    "The text takes more parts than are sent as one message.",
    "Shorten the text, or split it into several messages.",
    LooksAt.MESSAGE,
)
TEXT: Final = About(
    "text_matches",
    "template_not_matched",
    "The text departs from the template.",
    "Compare it with the template letter by letter; the first difference is named.",
    LooksAt.MESSAGE,
)
VALUES: Final = tuple(
    About(code, code, explanation, remedy, LooksAt.MESSAGE)
    for code, explanation, remedy in (
        ("variable_missing", "A variable has no value.", "Give a value for every variable."),
        ("variable_too_long", "A value is longer than its variable allows.", "Shorten the value."),
        ("variable_invalid", "A value is not of its variable's kind.", "Change the value that is named."),
    )
)
RECIPIENT: Final = tuple(
    About(code, code, explanation, remedy, LooksAt.RECIPIENT)
    for code, explanation, remedy in (
        ("opted_out", "The recipient opted out; passcodes pass.", "Take the number off the list."),
        ("consent_missing", "Promotions need a consent, and there is none.", "Collect and record consent."),
        ("consent_expired", "The recipient's consent has run out.", "Collect consent anew and record it."),
        (
            "preference_blocked",
            "The recipient's preference blocks promotions.",
            "Take the number off the list.",
        ),
    )
)
# Asked before and after those about the recipient's wishes.
BEFORE: Final = (BLOCKED,)
AFTER: Final = (HOURS, RUN, DUPLICATE, FREQUENCY, CAP)


class Listed(NamedTuple):
    """A rule and the destinations that ask it."""

    about: About
    where: str


def pipeline() -> Iterator[Listed]:
    """Every rule, in order."""
    yield from _everywhere(NUMBER, *NUMBER_KINDS, UNSENDABLE, EMPTY)
    yield from _everywhere(*(rule.about for rule in SENDER_RULES))
    yield from _by_country(lambda package: package.sender_rules)
    yield from _everywhere(*(rule.about for rule in TEMPLATE_RULES))
    yield from _by_country(lambda package: package.template_rules)
    yield from _everywhere(TEXT, *VALUES)
    yield from _by_country(lambda package: package.link_rules)
    for link_rule in style.LINK_RULES:
        yield Listed(link_rule.about, "Countries without rules about links")
    yield from _by_country(lambda package: package.text_rules)
    yield from _everywhere(*(rule.about for rule in style.PAIR_RULES))
    yield from _everywhere(*BEFORE, *RECIPIENT, *AFTER, TOO_LONG)


def _everywhere(*abouts: About) -> Iterator[Listed]:
    for about in abouts:
        yield Listed(about, EVERYWHERE)


def _by_country(rules: Callable[[CountryPackage], Iterable[PairRule | LinkRule]]) -> Iterator[Listed]:
    for package in in_order():
        for rule in rules(package):
            yield Listed(rule.about, package.name)


def adjustable() -> Mapping[str, About]:
    """The rules whose level a tenant chooses, by key."""
    return {each.about.key: each.about for each in pipeline() if each.about.basis == Basis.STYLE}


def table() -> str:
    """The catalogue as a table of Markdown."""
    lines = ["| # | rule | code of the refusal | asked | about | basis | level |", "|---|---|---|---|---|---|---|"]
    for number, (about, where) in enumerate(pipeline(), 1):
        level = "always refuses" if about.is_fixed else f"yours, at first {about.default}"
        lines.append(
            f"| {number} | `{about.key}`: {about.explanation} *{about.remedy}* | `{about.code}` | {where} "
            f"| {about.looks_at.label} | {about.basis.label} | {level} |"
        )
    return "\n".join(lines) + "\n"
