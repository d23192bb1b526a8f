"""Messages with two faults: whichever rule stands first in the table is named, for named templates and ready texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from compliance import services
from compliance.levels import Level
from compliance.models import Sender, Template
from compliance.rules import Subject
from compliance.rules.catalogue import pipeline
from compliance.rules.checking import Asked, Outcome, check
from compliance.rules.versions import touch
from compliance.services.rule_levels import choose_rule_levels
from compliance.statuses import Category, PortalState, ReviewState
from compliance.tests.builders import ASHA, NOW, WRITER, make_sender, make_template, screening
from kernel.telecom.numbers import parse_number

pytestmark = pytest.mark.usefixtures("tenant_id")

BODY = "BIG SALE FOR ALL OUR FRIENDS {#var#} {#numeric#} -ACME"
Fault = Callable[[Template, dict[str, Any]], None]


def no_sender(template: Template, said: dict[str, Any]) -> None:
    said["sender"] = "OTHERS"


def sender_in_review(template: Template, said: dict[str, Any]) -> None:
    Sender.objects.update(state=ReviewState.DRAFT)


def header_suspended(template: Template, said: dict[str, Any]) -> None:
    services.register_sender(sender_id=template.sender_id, portal_state=PortalState.SUSPENDED, actor=WRITER, now=NOW)


def template_suspended(template: Template, said: dict[str, Any]) -> None:
    template.registrations.update(portal_state=PortalState.SUSPENDED)


def text_departs(template: Template, said: dict[str, Any]) -> None:
    said["text"] = said["text"].replace("SALE", "SAIL")


def link_in_value(template: Template, said: dict[str, Any]) -> None:
    said["values"][0] = "acme.in/x"
    said["text"] = said["text"].replace("Asha", "acme.in/x")


def shouting(template: Template, said: dict[str, Any]) -> None:
    choose_rule_levels(levels={"text_shouts": Level.REFUSE}, actor=WRITER, now=NOW)


def opted_out(template: Template, said: dict[str, Any]) -> None:
    services.opt_out(recipient=parse_number(ASHA), now=NOW)


# By the key of the rule, in the order of the table.
FAULTS: dict[str, Fault] = {
    "sender_unknown": no_sender,
    "sender_in_review": sender_in_review,
    "header_inactive": header_suspended,
    "template_inactive": template_suspended,
    "text_matches": text_departs,
    "cta_not_whitelisted": link_in_value,
    "text_shouts": shouting,
    "opted_out": opted_out,
}
PAIRS = [(first, second) for n, first in enumerate(FAULTS) for second in list(FAULTS)[n + 1 :]]
ABOUT = {each.about.key: each.about for each in pipeline()}


def faulty(*keys: str) -> tuple[Template, dict[str, Any]]:
    template = make_template(BODY, category=Category.SERVICE)
    said: dict[str, Any] = {"sender": "ACMEIN", "values": ["Asha", "7"], "text": text_of("Asha", "7")}
    for key in keys:
        FAULTS[key](template, said)
    touch()
    return template, said


def text_of(name: str, number: str) -> str:
    return BODY.replace("{#var#}", name).replace("{#numeric#}", number)


def ask(sender: str, template_id: Any, text: str | None, values: list[str] | None) -> str | None:
    asked = Subject(sender, template_id, text, values, ASHA)
    return screening(ASHA, senders=(sender,)).rule(asked).code


def test_the_faults_stand_in_the_order_of_the_table() -> None:
    order = [key for key in ABOUT if key in FAULTS]
    assert order == list(FAULTS)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_of_two_faults_the_first_of_the_table_is_named(first: str, second: str) -> None:
    template, said = faulty(first, second)
    expected = ABOUT[first].code
    assert ask(said["sender"], None, said["text"], None) == expected, "a ready text"
    assert ask(said["sender"], template.id, said["text"], None) == expected, "a ready text with its template"
    if "text_matches" not in (first, second):
        assert ask(said["sender"], template.id, None, said["values"]) == expected, "a template with values"


@pytest.mark.parametrize(("first", "second"), PAIRS[::3])
def test_the_dry_run_shows_both_and_decides_alike(first: str, second: str) -> None:
    template, said = faulty(first, second)
    asked = Asked(said["sender"], ASHA, said["text"], template.id)
    checked = check(asked=asked, region="IN", now=NOW)
    refused = [verdict.about.key for verdict in checked.verdicts if verdict.outcome is Outcome.REFUSED]
    assert checked.refusal is not None
    assert (refused[0], checked.refusal.code) == (first, ABOUT[first].code)
    assert [verdict.about.key for verdict in checked.verdicts if verdict.about.key in FAULTS] == list(FAULTS)


def test_of_two_bad_values_the_missing_one_counts_then_the_long_one() -> None:
    template = make_template("{#numeric#} and {#numeric#} and {#numeric#} -ACME")
    for values, code in (
        (["x", "1" * 31, ""], "variable_missing"),
        (["x", "1" * 31, "1"], "variable_too_long"),
        (["x", "1", "1"], "variable_invalid"),
    ):
        assert ask("ACMEIN", template.id, None, values) == code


def test_a_text_prefers_a_template_that_may_be_sent() -> None:
    sender = make_sender()
    make_template("Dear {#var#}, see acme.in/x or call. -ACME", sender=sender, name="Linked")
    loose = make_template("Dear {#var#}, {#var#} -ACME", sender=sender, name="Loose")
    ruling = screening(ASHA).rule(Subject("ACMEIN", None, "Dear Asha, see me or call. -ACME", None, ASHA))
    assert (ruling.code, ruling.template_id) == (None, loose.id)
    refused = screening(ASHA).rule(Subject("ACMEIN", None, "Dear Asha, see acme.in/x or call. -ACME", None, ASHA))
    assert refused.code == "cta_not_whitelisted"
