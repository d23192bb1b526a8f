"""Every country's package keeps the contract, and what the packages refuse."""

from __future__ import annotations

import pytest

from compliance.cta import NOTHING, calls_in
from compliance.management.commands.rule_table import page, written
from compliance.rules.catalogue import adjustable, pipeline
from compliance.rules.contract import Pair, Refusal
from compliance.rules.country import DEFAULT, CountryPackage, package_for, packages
from compliance.rules.facts import SenderFacts, SenderRegistrationFacts
from compliance.rules.rule import Level
from compliance.statuses import SenderKind
from kernel.domain.catalogue import CATALOGUE
from kernel.domain.ids import uuid7


def pair(country: str, header: str = "ACMEIN", kind: SenderKind = SenderKind.ALPHA, state: str = "") -> Pair:
    registrations = {country: SenderRegistrationFacts("", state)} if state else {}
    return Pair(header, SenderFacts(uuid7(), header, kind, "approved", None, registrations), None, country)


def refused(given: Pair) -> str | None:
    answers = (rule.judge(given) for rule in package_for(given.country).sender_rules)
    return next((answer.code for answer in answers if answer), None)


@pytest.mark.parametrize("package", packages().values(), ids=lambda package: package.country or "default")
def test_a_package_keeps_the_contract(package: CountryPackage) -> None:
    for rule in (*package.sender_rules, *package.template_rules):
        assert rule.judge(Pair("NOBODY", None, None, package.country)) is None, (
            "an earlier rule refuses what is missing"
        )
        answer = rule.judge(pair(package.country))
        assert answer is None or isinstance(answer, Refusal)
    for link_rule in package.link_rules:
        for call in calls_in("https://a.in bit.ly/x a@b.in +919876543210"):
            answer = link_rule.judge(call, pair(package.country), NOTHING)
            assert answer is None or answer.code == link_rule.about.code
    hours = package.promotional_hours
    assert hours is None or hours.opens < hours.last < hours.closes
    assert package.name
    assert all(word == word.lower() for word in package.optout_words)


def test_every_rule_has_words_a_code_that_is_explained_and_a_key_of_its_own() -> None:
    rules = [each.about for each in pipeline()]
    assert len({about.key for about in rules}) == len(rules)
    for about in rules:
        assert about.explanation.endswith(".")
        assert about.remedy.endswith(".")
        assert about.code in CATALOGUE


def test_no_choice_turns_a_legal_rule_down() -> None:
    for about in (each.about for each in pipeline()):
        chosen = about.level({about.key: Level.OBSERVE})
        assert chosen is (Level.OBSERVE if about.key in adjustable() else Level.REFUSE)


def test_a_country_without_a_package_has_the_default() -> None:
    assert package_for("XK") is packages()[DEFAULT]
    assert {"IN", "US", "GB", "AE", "SG", "AU"} <= packages().keys()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (pair("US"), "sender_not_approved"),
        (pair("US", "18005550123", SenderKind.LONG), "sender_not_approved"),
        (pair("US", "18005550123", SenderKind.LONG, "pending"), "sender_not_approved"),
        (pair("US", "18005550123", SenderKind.LONG, "active"), None),
        (pair("GB"), None),
        (pair("GB", "Alert"), "sender_not_approved"),
        (pair("GB", "VERYLONGNAME"), "sender_not_approved"),
        (pair("GB", "919876543210", SenderKind.LONG), "sender_not_approved"),
        (pair("GB", "447700900123", SenderKind.LONG), None),
        (pair("FR", "VERYLONGNAME"), "sender_not_approved"),
        (pair("AE"), "sender_not_approved"),
        (pair("AE", state="active"), None),
        (pair("AE", "VERYLONGNAME", state="active"), "sender_not_approved"),
        (pair("SG", state="pending"), "sender_not_approved"),
        (pair("SG", state="active"), None),
        (pair("SG", "6591234567", SenderKind.LONG), None),
        (pair("AU", "AB"), "sender_not_approved"),
        (pair("AU"), None),
    ],
)
def test_senders_that_destinations_do_not_take(given: Pair, code: str | None) -> None:
    assert refused(given) == code


def test_the_table_of_rules_in_the_documentation_is_current() -> None:
    text = page().read_text()
    assert text == written(text), "run manage.py rule_table"


def test_an_unregistered_name_warns_in_australia() -> None:
    (rule,) = package_for("AU").text_rules
    objection = rule.judge(pair("AU"))
    assert objection is not None
    assert (objection.code, rule.about.level({}), rule.judge(pair("AU", state="active"))) == (
        "sender_unverified",
        Level.WARN,
        None,
    )
