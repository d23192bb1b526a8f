"""Links in texts, levels that tenants choose, and the dry run: one pipeline behind all of them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from compliance.errors import InvalidRuleLevel
from compliance.levels import Level
from compliance.models import Link, Template
from compliance.rules import GivenValues, Ruling, Subject
from compliance.rules.checking import Asked, Checked, Outcome, check
from compliance.rules.versions import touch
from compliance.services.rule_levels import choose_rule_levels, rule_levels
from compliance.statuses import Category, PortalState
from compliance.tests.builders import ABROAD, ASHA, NOW, WRITER, make_sender, make_template, screening

pytestmark = pytest.mark.usefixtures("tenant_id")

BODY = "Dear {#var#}, track it at {#url#} -ACME"
TEXT = "Dear Asha, your order 7 is on its way. -ACME"
GLUED = "Dear {#var#}, see https://acme.in{#var#} -ACME"


def ask(**said: Any) -> Ruling:
    subject = {"sender": "ACMEIN", "template_id": None, "text": None, "variables": None, "recipient": ASHA, **said}
    return screening(subject["recipient"], senders=(subject["sender"],)).rule(Subject(**subject))


def whitelist(template: Template, kind: str, value: str, state: PortalState = PortalState.ACTIVE) -> None:
    entity_id = template.sender.entity_id
    Link.objects.create(entity_id=entity_id, kind=kind, value=value, portal_state=state, created_at=NOW, changed_at=NOW)
    touch()


def dry(**said: Any) -> Checked:
    asked = Asked(**{"sender": "ACMEIN", "recipient": ASHA, **said})
    return check(asked=asked, region="IN", now=NOW)


@pytest.mark.parametrize("is_ready", [True, False])
def test_a_link_in_a_value_has_to_be_whitelisted(is_ready: bool) -> None:
    template = make_template(BODY)
    values = ["Asha", "https://acme.in/o?c=7"]
    ready = BODY.replace("{#var#}", values[0]).replace("{#url#}", values[1])
    said: dict[str, Any] = {"text": ready} if is_ready else {"template_id": template.id, "variables": values}
    assert ask(**said).code == "cta_not_whitelisted"
    whitelist(template, "dynamic", "https://acme.in/o?")
    assert ask(**said).code is None


def test_a_blacklisted_link_and_a_public_shortener_have_codes_of_their_own() -> None:
    template = make_template(BODY)
    whitelist(template, "static", "https://bad.in", PortalState.BLACKLISTED)
    assert ask(template_id=template.id, variables=["Asha", "https://bad.in"]).code == "cta_blacklisted"
    assert ask(template_id=template.id, variables=["Asha", "bit.ly/x7"]).code == "url_shortener_public"


def test_a_link_in_fixed_text_is_judged_with_the_template() -> None:
    template = make_template("Dear {#var#}, see acme.in/offers -ACME")
    assert ask(template_id=template.id, variables=["Asha"]).code == "cta_not_whitelisted"
    whitelist(template, "static", "https://acme.in/offers")
    assert ask(template_id=template.id, variables=["Asha"]).code is None


def test_a_value_that_goes_on_behind_a_fixed_host_is_one_link_with_it() -> None:
    template = make_template(GLUED)
    whitelist(template, "static", "https://acme.in/a")
    assert ask(template_id=template.id, variables=["Asha", "/a"]).code is None
    for evil in (".evil.com/a", "@evil.com", "/b"):
        assert ask(template_id=template.id, variables=["Asha", evil]).code == "cta_not_whitelisted"
        assert ask(text=GLUED.replace("{#var#}", "Asha", 1).replace("{#var#}", evil)).code == "cta_not_whitelisted"


def test_links_in_columns_refuse_their_own_rows_only() -> None:
    template = make_template()
    rows = [("Asha", "7"), ("evil.com", "7"), ("A. B. Kumar", "8"), ("Ravi", "www.evil.zz")]
    passed, refused, _ = screening().screen(
        sender="ACMEIN", template_id=template.id, traffic_class=None, recipients=[ASHA] * 4, content=GivenValues(rows)
    )
    assert [list(each.numbers) for each in passed] == [[0, 2]]
    assert {number: ruling.code for number, ruling in refused.items()} == dict.fromkeys((1, 3), "cta_not_whitelisted")


def test_links_abroad_need_no_whitelist_and_shorteners_warn() -> None:
    template = make_template(BODY)
    ruling = ask(template_id=template.id, variables=["Asha", "bit.ly/x7"], recipient=ABROAD)
    assert (ruling.code, ruling.warnings) == (None, ("url_shortener_used",))


def test_a_level_decides_whether_an_objection_is_silent_warns_or_refuses() -> None:
    template = make_template("Big sale for {#var#} -ACME", category=Category.PROMOTIONAL)
    Template.objects.update(created_at=NOW - timedelta(days=900))
    said = {"template_id": template.id, "variables": ["Asha"]}
    for level, code, warnings in (
        (Level.WARN, None, ("optout_text_missing",)),
        (Level.OBSERVE, None, ()),
        (Level.REFUSE, "optout_text_missing", ()),
    ):
        choose_rule_levels(levels={"optout_text_missing": level}, actor=WRITER, now=NOW)
        ruling = ask(**said)
        assert (ruling.code, ruling.warnings) == (code, warnings)


@pytest.mark.parametrize(("day", "code"), [(date(2025, 4, 12), None), (date(2025, 4, 13), "optout_text_missing")])
@pytest.mark.parametrize("is_ready", [True, False])
def test_promotions_registered_since_the_amendment_say_how_to_stop(day: date, code: str | None, is_ready: bool) -> None:
    template = make_template("Big sale for {#var#} -ACME", category=Category.PROMOTIONAL)
    said: dict[str, Any] = {"text": "Big sale for Asha -ACME"} if is_ready else {"variables": ["Asha"]}
    said = {"template_id": template.id, **said}
    assert ask(**said).code == "optout_text_missing", "without a day of the portal's, that of the draft here counts"
    template.registrations.update(valid_from=day)
    touch()
    assert ask(**said).code == code
    refused = [v.about.key for v in dry(**said).verdicts if v.about.code == "optout_text_missing" and v.detail]
    assert refused == ["optout_text_required" if code else "optout_text_missing"]


@pytest.mark.parametrize("words", ["Reply STOP to 56161", "Unsubscribe: acme.in/u", "संदेश बंद करें 56161", "நிறுத்த 56161"])
def test_ways_out_are_known_in_indian_languages(words: str) -> None:
    template = make_template(f"Big sale {{#var#}}. {words} -ACME", category=Category.PROMOTIONAL)
    assert ask(template_id=template.id, variables=["Asha"]).code != "optout_text_missing"


@pytest.mark.parametrize("key", ["cta_not_whitelisted", "entity_inactive", "nonsense"])
def test_legal_rules_have_no_level_to_choose(key: str) -> None:
    with pytest.raises(InvalidRuleLevel):
        choose_rule_levels(levels={key: Level.OBSERVE}, actor=WRITER, now=NOW)
    assert key not in rule_levels()


def test_the_dry_run_names_every_rule_and_the_ids() -> None:
    template = make_template()
    checked = dry(text="Dear Asha, your order 7 is on its way. -ACME")
    assert checked.refusal is None
    assert checked.template is not None
    assert checked.template.id == template.id
    assert (checked.country, checked.encoding, checked.parts) == ("IN", "gsm7", 1)
    assert checked.dlt is not None
    assert {v.outcome for v in checked.verdicts} <= {Outcome.PASSED, Outcome.OBSERVED, Outcome.NOT_APPLICABLE}
    assert len(checked.verdicts) > 20


@pytest.mark.parametrize(
    "said",
    [
        {"sender": "OTHERS", "text": "Hello"},
        {"text": "Nothing like it"},
        {"text": "Dear evil.com, your order 7 is on its way. -ACME"},
        {"template_id": "nonsense", "variables": ["a", "b"]},
        {"recipient": "12", "text": "Hello"},
    ],
)
def test_the_dry_run_and_the_pipeline_refuse_alike(said: dict[str, Any]) -> None:
    make_template()
    checked = dry(**said)
    first = next(verdict for verdict in checked.verdicts if verdict.outcome is Outcome.REFUSED)
    assert checked.refusal is not None
    assert first.about.code == checked.refusal.code
    assert first.detail


def test_the_dry_run_names_the_nearest_template() -> None:
    template = make_template()
    checked = dry(text="Dear Asha, your order 7 is underway. -ACME")
    assert checked.nearest is not None
    assert checked.nearest.id == template.id


def test_several_objections_are_all_shown() -> None:
    template = make_template(
        "Dear {#var#}, see acme.in/x -ACME", sender=make_sender(portal_state=PortalState.SUSPENDED)
    )
    checked = dry(template_id=template.id, variables=["Asha"])
    refused = [verdict.about.key for verdict in checked.verdicts if verdict.outcome is Outcome.REFUSED]
    assert refused == ["header_inactive", "cta_not_whitelisted"]


@pytest.mark.parametrize("is_ready", [True, False])
def test_ten_digits_in_an_untyped_value_warn_until_they_are_whitelisted(is_ready: bool) -> None:
    template = make_template("Dear {#var#}, {#numeric#} calls you. -ACME")
    values = ["call 98765 43210", "1234567890"]
    ready = f"Dear {values[0]}, {values[1]} calls you. -ACME"
    said: dict[str, Any] = {"text": ready} if is_ready else {"template_id": template.id, "variables": values}
    assert (ask(**said).code, ask(**said).warnings) == (None, ("cta_not_whitelisted",))
    choose_rule_levels(levels={"number_in_value": Level.REFUSE}, actor=WRITER, now=NOW)
    assert ask(**said).code == "cta_not_whitelisted"
    whitelist(template, "mobile", "9876543210")
    assert (ask(**said).code, ask(**said).warnings) == (None, ())


def test_what_objects_and_lets_pass_is_counted_by_rule_and_template() -> None:
    template = make_template()
    judge = screening()
    rows = [("Asha", "7"), ("Ravi", "9876543210"), ("evil.com", "7")]
    judge.screen(
        sender="ACMEIN", template_id=template.id, traffic_class=None, recipients=[ASHA] * 3, content=GivenValues(rows)
    )
    judge.rule(Subject("ACMEIN", None, "Dear Asha, your order 98765 43210 is on its way. -ACME", None, ASHA))
    assert judge.noted == {("variable_untagged", template.id): 3, ("number_in_value", template.id): 2}


@pytest.mark.parametrize(("recipient", "text", "code"), [("12", TEXT, "invalid_number"), (ASHA, " ", "empty_text")])
def test_what_cannot_be_sent_at_all_hides_no_other_verdict(recipient: str, text: str, code: str) -> None:
    make_template(sender=make_sender(portal_state=PortalState.SUSPENDED))
    checked = dry(recipient=recipient, text=text)
    refused = [verdict.about.code for verdict in checked.verdicts if verdict.outcome is Outcome.REFUSED]
    assert checked.refusal is not None
    assert (checked.refusal.code, refused[0], "sender_not_approved" in refused) == (code, code, True)


def test_a_character_that_no_phone_shows_hides_no_other_verdict() -> None:
    make_template()
    checked = dry(text=TEXT + "\x00")
    refused = [verdict.about.key for verdict in checked.verdicts if verdict.outcome is Outcome.REFUSED]
    assert refused == ["text_unsendable", "text_matches"]


def test_a_text_of_too_many_parts_is_told_last(settings: Any) -> None:
    make_template()
    settings.MAX_SEGMENTS = 0
    checked = dry(text=TEXT)
    assert checked.verdicts[-1].outcome is Outcome.REFUSED
    assert checked.refusal is not None
    assert checked.refusal.code == "text_too_long"


def test_a_template_whose_own_link_is_refused_is_shown_all_the_same() -> None:
    template = make_template("Dear {#var#}, see acme.in/x -ACME")
    checked = dry(text="Dear Asha, see acme.in/x -ACME")
    assert checked.template is not None
    assert (checked.template.id, checked.text != "") == (template.id, True)
    assert dry(text="Dear Asha, look acme.in/x -ACME").nearest is not None


@pytest.mark.parametrize(("number", "country"), [("+881612345678", ""), ("+442071838750", "GB"), ("98765", "IN")])
def test_a_refused_number_is_placed_where_it_would_be_dialled(number: str, country: str) -> None:
    checked = dry(recipient=number, text="Hello")
    assert (checked.country, checked.recipient) == (country, number)
    assert checked.refusal is not None
    assert bool(checked.destination) == bool(country)
