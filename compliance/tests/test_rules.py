"""The pipeline: what may be sent, and the words in which it says no."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from compliance import services
from compliance.models import DltRegistration, Entity, SenderRegistration
from compliance.rules import DltIds, GivenValues, Ruling, Screening, Subject
from compliance.rules.versions import touch
from compliance.statuses import Category, PortalState, SenderKind
from compliance.tests.builders import ABROAD, ASHA, NOW, WRITER, make_entity, make_sender, make_template, screening
from kernel.db.tenancy import tenant_context
from kernel.domain.catalogue import CATALOGUE
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass
from kernel.telecom.numbers import parse_number

pytestmark = pytest.mark.usefixtures("tenant_id")

TEXT = "Dear Asha, your order 7 is on its way. -ACME"


def ask(**said: Any) -> Ruling:
    subject = {"sender": "ACMEIN", "template_id": None, "text": None, "variables": None, "recipient": ASHA, **said}
    return screening(subject["recipient"], senders=(subject["sender"],)).rule(Subject(**subject))


def test_an_approved_template_is_rendered_with_its_ids_and_class() -> None:
    template = make_template()
    entity, registration = Entity.objects.get(), DltRegistration.objects.get()
    ruling = ask(template_id=template.id, variables=["Asha", "7"])
    assert ruling.code is None
    assert (ruling.text, ruling.template_id) == (TEXT, template.id)
    assert ruling.traffic_class is TrafficClass.TRANSACTIONAL
    assert ruling.dlt == DltIds(entity.dlt_entity_id, registration.dlt_template_id)


@pytest.mark.parametrize("model", [SenderRegistration, DltRegistration, Entity])
def test_what_had_its_last_day_is_refused_from_the_next_midnight_in_india(model: Any) -> None:
    template = make_template()
    model.objects.update(valid_to=NOW.date())
    touch()
    subject = Subject("ACMEIN", template.id, None, ["Asha", "7"], ASHA)

    def code(at: datetime) -> str | None:
        judged = Screening.load(senders={"ACMEIN"}, template_ids=set(), recipients=[ASHA], now=at)
        return judged.rule(subject).code

    assert code(NOW.replace(hour=18, minute=29)) is None
    assert code(NOW.replace(hour=18, minute=30)) is not None
    assert model.objects.get().portal_state == PortalState.ACTIVE


def test_variables_may_be_given_by_name() -> None:
    template = make_template(names=("name", "order"))
    assert ask(template_id=template.id, variables={"order": "7", "name": "Asha"}).text == TEXT
    missing = ask(template_id=template.id, variables={"order": "7"})
    assert (missing.code, "“name”" in missing.detail) == ("variable_missing", True)


def test_a_template_is_found_by_either_id_in_any_form() -> None:
    template = make_template()
    portal_id = DltRegistration.objects.get().dlt_template_id
    for reference in (template.id, str(template.id), portal_id):
        assert ask(template_id=reference, variables=["Asha", "7"]).template_id == template.id
    assert ask(template_id="nonsense", variables=["Asha", "7"]).code == "template_not_found"


def test_a_text_without_template_id_is_matched_to_the_one_with_most_fixed_text() -> None:
    sender = make_sender()
    make_template("Dear {#var#}, {#var#} -ACME", sender=sender, name="Loose")
    exact = make_template(sender=sender)
    ruling = ask(text=TEXT)
    assert (ruling.code, ruling.template_id, ruling.text) == (None, exact.id, TEXT)
    assert "template_ambiguous" in ruling.warnings


def test_a_text_that_matches_nothing_is_told_where_it_departs() -> None:
    make_template()
    ruling = ask(text=TEXT.replace("on its way", "underway"))
    assert ruling.code == "template_not_matched"
    assert "“Order on its way v1” at character 28" in ruling.detail


def test_a_text_with_a_named_template_has_to_match_that_one() -> None:
    sender = make_sender()
    other = make_template("Hello {#var#}, welcome. -ACME", sender=sender, name="Welcome")
    make_template(sender=sender)
    assert ask(template_id=other.id, text=TEXT).code == "template_not_matched"
    assert ask(template_id=other.id, text="Hello Asha, welcome. -ACME").code is None


@pytest.mark.parametrize(
    ("variables", "code"),
    [(["Asha"], "variable_missing"), (["A" * 41, "7"], "variable_too_long"), (["A\nB", "7"], "variable_invalid")],
)
def test_values_that_do_not_fit_are_refused(variables: list[str], code: str) -> None:
    template = make_template()
    ruling = ask(template_id=template.id, variables=variables)
    assert (ruling.code, ruling.template_id) == (code, template.id)
    assert ruling.code in CATALOGUE


@pytest.mark.parametrize("text", [None, ""])
def test_no_text_and_no_template_is_an_empty_message(text: str | None) -> None:
    make_template()
    assert ask(text=text).code == "empty_text"


def test_an_unknown_sender_is_named() -> None:
    ruling = ask(sender="OTHERS", text="Hello")
    assert ruling.code == "unknown_sender"
    assert "“OTHERS”" in ruling.detail


def test_capitals_of_a_sender_count() -> None:
    make_template()
    assert ask(sender="acmein", text=TEXT).code == "unknown_sender"


def test_a_sender_or_template_in_review_sends_nothing() -> None:
    draft = make_template(sender=make_sender("DRAFTS", is_approved=False), name="One")
    assert ask(sender="DRAFTS", template_id=draft.id, variables=["a", "b"]).code == "sender_not_approved"
    template = make_template(is_approved=False, name="Two")
    assert ask(template_id=template.id, variables=["a", "b"]).code == "template_not_approved"
    assert ask(text=TEXT).code == "template_not_matched"


def test_a_template_of_another_sender_is_refused() -> None:
    entity = make_entity()
    template = make_template(sender=make_sender("FIRSTS", entity=entity))
    make_sender("SECOND", entity=entity)
    ruling = ask(sender="SECOND", template_id=template.id, variables=["a", "b"])
    assert ruling.code == "template_header_not_linked"


@pytest.mark.parametrize("state", [None, PortalState.PENDING, PortalState.SUSPENDED, PortalState.BLACKLISTED])
def test_india_needs_an_active_registration_of_the_sender(state: PortalState | None) -> None:
    template = make_template(sender=make_sender(portal_state=state))
    ruling = ask(template_id=template.id, variables=["Asha", "7"])
    assert ruling.code == "sender_not_approved"
    assert ask(text=TEXT).code == "sender_not_approved"


@pytest.mark.parametrize("state", [None, PortalState.PENDING, PortalState.RETIRED])
def test_india_needs_an_active_registration_of_the_template(state: PortalState | None) -> None:
    template = make_template(portal_state=state)
    assert ask(template_id=template.id, variables=["Asha", "7"]).code == "template_not_approved"
    assert ask(text=TEXT).code == "template_not_approved"


def test_india_needs_the_entity_and_its_id() -> None:
    template = make_template(sender=make_sender(entity=make_entity(dlt_entity_id="")))
    assert ask(template_id=template.id, variables=["Asha", "7"]).code == "sender_not_approved"


def test_the_portals_own_link_of_header_and_template_counts() -> None:
    template = make_template()
    services.register_template(
        template_id=template.id,
        dlt_template_id=DltRegistration.objects.get().dlt_template_id,
        header="OTHERS",
        actor=WRITER,
        now=NOW,
    )
    assert ask(template_id=template.id, variables=["Asha", "7"]).code == "template_header_not_linked"


def test_a_numeric_header_carries_promotions_only() -> None:
    sender = make_sender("612345", kind=SenderKind.NUMERIC)
    service = make_template(sender=sender, name="Service")
    offer = make_template("Offer for {#var#}. STOP to opt out. -ACME", sender=sender, category=Category.PROMOTIONAL)
    assert ask(sender="612345", template_id=service.id, variables=["a", "b"]).code == "template_header_not_linked"
    assert ask(sender="612345", template_id=offer.id, variables=["you"]).code is None


def test_other_countries_need_our_approval_but_no_registration() -> None:
    template = make_template(sender=make_sender(portal_state=None), portal_state=None)
    ruling = ask(template_id=template.id, variables=["Asha", "7"], recipient=ABROAD)
    assert (ruling.code, ruling.dlt) == (None, None)
    assert ask(text="Something else", recipient=ABROAD).code == "template_not_matched"


@pytest.mark.parametrize(
    ("category", "is_otp", "asked", "expected"),
    [
        (Category.SERVICE, True, None, TrafficClass.OTP),
        (Category.TRANSACTIONAL, False, None, TrafficClass.TRANSACTIONAL),
        (Category.GOVERNMENT, False, TrafficClass.OTP, TrafficClass.TRANSACTIONAL),
        (Category.PROMOTIONAL, False, TrafficClass.TRANSACTIONAL, TrafficClass.PROMOTIONAL),
        (Category.SERVICE, False, TrafficClass.PROMOTIONAL, TrafficClass.PROMOTIONAL),
    ],
)
def test_the_template_decides_the_class_and_a_caller_may_only_lower_it(
    category: Category, is_otp: bool, asked: TrafficClass | None, expected: TrafficClass
) -> None:
    template = make_template("Dear {#var#}, {#var#} is yours. STOP to end. -ACME", category=category, is_otp=is_otp)
    ruling = ask(template_id=template.id, variables=["Asha", "7"], traffic_class=asked)
    assert ruling.traffic_class is expected


def test_a_general_opt_out_stops_everything_but_passcodes() -> None:
    services.opt_out(recipient=parse_number(ASHA), now=NOW)
    sender = make_sender()
    order = make_template(sender=sender)
    passcode = make_template("{#numeric#} is your code. -ACME", sender=sender, name="Code", is_otp=True)
    refused = ask(template_id=order.id, variables=["Asha", "7"])
    assert (refused.code, refused.text, refused.template_id) == ("opted_out", TEXT, order.id)
    assert ASHA not in refused.detail
    assert ask(template_id=passcode.id, variables=["4821"]).code is None


def test_an_opt_out_of_one_sender_leaves_the_others() -> None:
    entity = make_entity()
    first = make_template(sender=make_sender("FIRSTS", entity=entity), name="One")
    second = make_template(sender=make_sender("SECOND", entity=entity), name="Two")
    services.opt_out(recipient=parse_number(ASHA), sender="FIRSTS", now=NOW)
    assert ask(sender="FIRSTS", template_id=first.id, variables=["a", "b"]).code == "opted_out"
    assert ask(sender="SECOND", template_id=second.id, variables=["a", "b"]).code is None


def test_a_recipient_nobody_asked_about_is_a_fault_of_the_program() -> None:
    template = make_template()
    with pytest.raises(LookupError):
        screening(ABROAD).rule(Subject("ACMEIN", template.id, None, ["a", "b"], ASHA))


def test_many_rows_are_judged_at_once_and_bad_ones_say_why() -> None:
    template = make_template()
    values = GivenValues([("Asha", "7"), ("A" * 41, "7"), ("Asha",), {"1": "Ravi", "2": "8"}])
    passed, refused, _ = screening().screen(
        sender="ACMEIN", template_id=template.id, traffic_class=None, recipients=[ASHA] * 4, content=values
    )
    assert [(each.numbers, each.texts) for each in passed] == [
        ([0, 3], [TEXT, TEXT.replace("Asha", "Ravi").replace("7", "8")])
    ]
    assert {number: ruling.code for number, ruling in refused.items()} == {
        1: "variable_too_long",
        2: "variable_missing",
    }


def test_a_change_is_seen_by_the_next_screening() -> None:
    template = make_template()
    assert ask(template_id=template.id, variables=["Asha", "7"]).code is None
    services.register_sender(sender_id=template.sender_id, portal_state=PortalState.SUSPENDED, actor=WRITER, now=NOW)
    assert ask(template_id=template.id, variables=["Asha", "7"]).code == "sender_not_approved"


def test_a_warm_screening_costs_one_query_beside_the_opt_outs_whatever_its_size(django_assert_num_queries: Any) -> None:
    sender = make_sender()
    for number in range(5):
        make_template(f"Text {number} for {{#var#}}. -ACME", sender=sender, name=f"T{number}")
    touch()
    with django_assert_num_queries(8):
        screening()
    with django_assert_num_queries(1):
        screening(*(f"+9198765{number:05d}" for number in range(300)))


def test_the_version_changes_with_the_rules() -> None:
    assert screening().version is None
    make_template()
    before = screening().version
    assert before is not None
    assert screening().version == before
    make_entity()
    assert screening().version not in (before, None)


def test_another_tenants_senders_templates_and_opt_outs_do_not_count(tenant_id: UUID) -> None:
    template = make_template()
    with tenant_context(uuid7()):
        make_sender()
        assert ask(template_id=template.id, variables=["Asha", "7"]).code == "template_not_found"
        assert ask(text=TEXT).code == "template_not_matched"
        services.opt_out(recipient=parse_number(ASHA), now=NOW)
    assert ask(template_id=template.id, variables=["Asha", "7"]).code is None
