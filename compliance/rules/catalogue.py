"""All rules in the order in which they are asked: what people choose levels from and the documentation is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from compliance.rules import style
from compliance.rules.country import DEFAULT, packages
from compliance.rules.decisions import SENDER_RULES, TEMPLATE_RULES
from compliance.rules.destinations import BLOCKED, CAP
from compliance.rules.history import DUPLICATE, FREQUENCY
from compliance.rules.hours import HOURS
from compliance.rules.rule import About, Basis, LooksAt
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
        "The number is no landline, toll-free or company line, pager or mailbox: these receive no SMS.",
        "Ask the recipient for a mobile number.",
        LooksAt.MESSAGE,
    ),
    About(
        "number_premium",
        "number_not_mobile",
        "The number is none that earns from each message: premium rate, shared cost.",
        "Ask the recipient for a mobile number.",
        LooksAt.MESSAGE,
    ),
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
    for about in (NUMBER, *NUMBER_KINDS):
        yield Listed(about, EVERYWHERE)
    for rule in (*SENDER_RULES, *TEMPLATE_RULES):
        yield Listed(rule.about, EVERYWHERE)
    # Countries by name, those without a package last.
    found = sorted(packages().values(), key=lambda package: (package.country == DEFAULT, package.name))
    for package in found:
        for pair_rule in (*package.sender_rules, *package.template_rules):
            yield Listed(pair_rule.about, package.name)
    for package in found:
        for link_rule in package.link_rules:
            yield Listed(link_rule.about, package.name)
    for link_rule in style.LINK_RULES:
        yield Listed(link_rule.about, "Countries without rules about links")
    for pair_rule in style.PAIR_RULES:
        yield Listed(pair_rule.about, EVERYWHERE)
    for about in (TEXT, *VALUES, *BEFORE, *RECIPIENT, *AFTER):
        yield Listed(about, EVERYWHERE)


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
