"""Writes: lifecycles, who may do what, and the traces they leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from audit.models import Entry
from compliance import services
from compliance.errors import (
    InvalidDltId,
    InvalidHeader,
    InvalidOptOut,
    InvalidTemplate,
    NameTaken,
    NotFound,
    ReviewRefused,
    WrongState,
)
from compliance.models import Entity, OptOut, Review, RuleVersion, Sender, Template
from compliance.services.templates import TemplateDraft
from compliance.statuses import Category, PortalState, ReviewState, SenderKind
from compliance.tests.builders import (
    ABROAD,
    ASHA,
    BODY,
    NOW,
    REVIEWER,
    WRITER,
    dlt_id,
    make_entity,
    make_sender,
    make_template,
)
from kernel.db.tenancy import current_tenant_id
from kernel.domain.ids import uuid7
from kernel.telecom.numbers import parse_number

pytestmark = pytest.mark.usefixtures("tenant_id")


def test_a_review_leaves_every_step_and_its_words() -> None:
    template = make_template(is_approved=False, portal_state=None)
    services.submit(item=template, actor=WRITER, now=NOW)
    services.ask_changes(item=template, actor=REVIEWER, now=NOW, note="Name the shop")
    services.submit(item=template, actor=WRITER, now=NOW + timedelta(hours=1))
    services.reject(item=template, actor=REVIEWER, now=NOW + timedelta(hours=2), note="Spam")
    steps = [(each.to_state, each.actor_label, each.note) for each in Review.objects.filter(object_id=template.pk)]
    assert steps == [
        ("submitted", "Maya Writer", ""),
        ("changes_asked", "Omar Reviewer", "Name the shop"),
        ("submitted", "Maya Writer", ""),
        ("rejected", "Omar Reviewer", "Spam"),
    ]
    assert template.decided_at == NOW + timedelta(hours=2)
    actions = list(Entry.objects.filter(object_id=template.pk).order_by("id").values_list("action", flat=True))
    assert actions[:3] == ["template.create", "template.submit", "template.ask_changes"]


@pytest.mark.parametrize(
    "move",
    [
        lambda item: services.submit(item=item, actor=WRITER, now=NOW),
        lambda item: services.reject(item=item, actor=REVIEWER, now=NOW, note="No"),
        lambda item: services.ask_changes(item=item, actor=REVIEWER, now=NOW, note="No"),
        lambda item: services.approve(item=item, actor=REVIEWER, now=NOW),
    ],
)
def test_what_is_approved_stays_approved(move: Any) -> None:
    sender = make_sender()
    with pytest.raises(WrongState):
        move(sender)
    assert Sender.objects.get().state == ReviewState.APPROVED


def test_of_two_reviewers_the_second_learns_that_it_is_decided() -> None:
    first = make_template(is_approved=False)
    services.submit(item=first, actor=WRITER, now=NOW)
    second = Template.objects.get()
    services.approve(item=first, actor=REVIEWER, now=NOW)
    with pytest.raises(WrongState, match="faster"):
        services.reject(item=second, actor=REVIEWER, now=NOW, note="No")
    assert Template.objects.get().state == ReviewState.APPROVED


def test_nobody_approves_their_own_submission_unless_they_answer_for_all() -> None:
    template = make_template(is_approved=False)
    services.submit(item=template, actor=REVIEWER, now=NOW)
    with pytest.raises(ReviewRefused, match="second person"):
        services.approve(item=template, actor=REVIEWER, now=NOW)
    assert services.approve(item=template, actor=REVIEWER, now=NOW, may_approve_own=True).is_approved


def test_a_review_cannot_be_rewritten() -> None:
    make_sender()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Review.objects.update(note="never said")


def test_an_approved_body_never_changes_and_an_edit_is_a_new_version() -> None:
    template = make_template()
    draft = TemplateDraft("Hello {#var#}. -ACME", template.sender_id)
    with pytest.raises(WrongState):
        services.change_template(template_id=template.pk, draft=draft, actor=WRITER, now=NOW)
    second = services.create_version(template_id=template.pk, draft=draft, actor=WRITER, now=NOW)
    third = services.create_version(template_id=template.pk, draft=draft, actor=WRITER, now=NOW)
    assert [(each.version, each.state) for each in (second, third)] == [(2, "draft"), (3, "draft")]
    assert Template.objects.get(pk=template.pk).body == BODY


def test_a_rejected_header_may_be_tried_again_and_the_new_one_counts() -> None:
    first = make_sender(is_approved=False, portal_state=None)
    services.submit(item=first, actor=WRITER, now=NOW)
    services.reject(item=first, actor=REVIEWER, now=NOW, note="Which company?")
    make_sender(entity=first.entity)
    assert Sender.objects.filter(header="ACMEIN").count() == 2


def test_names_are_given_once() -> None:
    template = make_template()
    with pytest.raises(NameTaken, match="ACMEIN"):
        make_sender(entity=Entity.objects.get())
    with pytest.raises(NameTaken, match="Order on its way"):
        make_template(sender=template.sender)
    with pytest.raises(NameTaken):
        make_entity(dlt_entity_id=Entity.objects.get().dlt_entity_id)


def test_two_templates_never_share_a_portals_id() -> None:
    first = make_template()
    second = make_template(sender=first.sender, name="Other", portal_state=None)
    taken = first.registrations.get().dlt_template_id
    with pytest.raises(NameTaken):
        services.register_template(template_id=second.pk, dlt_template_id=taken, actor=WRITER, now=NOW)
    assert second.registrations.count() == 0


def test_a_registration_is_corrected_in_place() -> None:
    template = make_template()
    number = dlt_id()
    services.register_template(
        template_id=template.pk, dlt_template_id=number, portal_state=PortalState.RETIRED, actor=WRITER, now=NOW
    )
    assert [(r.dlt_template_id, r.portal_state) for r in template.registrations.all()] == [(number, "retired")]


@pytest.mark.parametrize("body", ["", "  ", "Hi {#Var#}", "{#var#}", "x" * 2001])
def test_a_body_that_no_portal_takes_is_refused(body: str) -> None:
    sender = make_sender()
    draft = TemplateDraft(body, sender.pk, Category.SERVICE)
    with pytest.raises(InvalidTemplate) as refusal:
        services.create_template(name="Bad", draft=draft, actor=WRITER, now=NOW)
    assert refusal.value.context["hints"]


def test_what_does_not_exist_is_not_found() -> None:
    nothing = uuid7()
    draft = TemplateDraft(BODY, nothing)
    common: dict[str, Any] = {"actor": WRITER, "now": NOW}
    with pytest.raises(NotFound):
        services.create_template(name="X", draft=draft, **common)
    with pytest.raises(NotFound):
        services.register_template(template_id=nothing, dlt_template_id=dlt_id(), **common)
    with pytest.raises(NotFound):
        services.register_sender(sender_id=nothing, **common)
    with pytest.raises(NotFound):
        services.create_sender(header="ACMEIN", kind=SenderKind.ALPHA, entity_id=nothing, **common)
    with pytest.raises(NotFound):
        services.lift_opt_out(opt_out_id=nothing, proof="called us", **common)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("VM-ACMEIN-X", SenderKind.ALPHA),
        ("AB", SenderKind.ALPHA),
        ("ACMEINDIA", SenderKind.ALPHA),
        ("123456", SenderKind.ALPHA),
        ("ACMEIN", SenderKind.NUMERIC),
        ("9876", SenderKind.LONG),
    ],
)
def test_a_header_of_another_shape_is_refused(header: str, kind: SenderKind) -> None:
    with pytest.raises(InvalidHeader):
        services.create_sender(header=header, kind=kind, actor=WRITER, now=NOW)


def test_a_draft_sender_is_changed_until_it_is_submitted() -> None:
    sender = make_sender("DRAFTS", is_approved=False, portal_state=None)
    common: dict[str, Any] = {"kind": SenderKind.ALPHA, "entity_id": None, "purpose": "", "actor": WRITER, "now": NOW}
    assert services.change_sender(sender_id=sender.pk, header="SECOND", **common).header == "SECOND"
    services.submit(item=sender, actor=WRITER, now=NOW)
    with pytest.raises(WrongState):
        services.change_sender(sender_id=sender.pk, header="THIRDS", **common)


def test_an_entity_with_a_rounded_id_is_refused() -> None:
    with pytest.raises(InvalidDltId, match="rounded"):
        make_entity(dlt_entity_id="1.10117E+18")
    assert Entity.objects.count() == 0


def test_an_opt_out_stands_until_it_is_lifted_and_may_come_back() -> None:
    number = parse_number(ASHA)
    first = services.opt_out(recipient=number, now=NOW)
    assert services.opt_out(recipient=number, now=NOW).pk == first.pk
    services.lift_opt_out(opt_out_id=first.pk, proof="“Send again”", actor=REVIEWER, now=NOW)
    services.lift_opt_out(opt_out_id=first.pk, proof="“Send again”", actor=REVIEWER, now=NOW + timedelta(days=1))
    first.refresh_from_db()
    assert first.lifted_at == NOW
    assert services.opt_out(recipient=number, now=NOW).pk != first.pk
    assert OptOut.objects.count() == 2


def test_opt_outs_are_asked_for_many_at_once() -> None:
    make_sender()
    services.opt_out(recipient=parse_number(ASHA), sender="ACMEIN", now=NOW)
    services.opt_out(recipient=parse_number(ABROAD), now=NOW)
    numbers = [ASHA, ABROAD, "+919876500000"]
    assert services.opted_out(recipients=numbers, sender="ACMEIN") == {ASHA, ABROAD}
    assert services.opted_out(recipients=numbers, sender="OTHERS") == {ABROAD}
    assert services.opted_out(recipients=[], sender="ACMEIN") == set()


def test_an_opt_out_of_a_sender_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidOptOut):
        services.opt_out(recipient=parse_number(ASHA), sender="NOBODY", now=NOW)


def test_wishes_are_found_by_index_under_row_level_security() -> None:
    from compliance.rules.consent import WISHES_SQL, asked_of

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        asked = WISHES_SQL.replace(")b", ")s")
        cursor.execute("EXPLAIN " + asked, {**asked_of(current_tenant_id(), [], ["ACMEIN"]), "recipients": [ASHA]})
        plan = " ".join(line for (line,) in cursor.fetchall())
    conditions = [part.split("->")[0].split("Filter")[0] for part in plan.split("Index Cond")[1:]]
    assert "compliance_optout_" in plan
    assert sum("recipient" in each for each in conditions) == 3


def test_the_audit_trail_never_holds_a_whole_number() -> None:
    services.opt_out(recipient=parse_number(ASHA), now=NOW)
    entry = Entry.objects.get(action="opt_out.create")
    assert "9876543210" not in f"{entry.summary}{entry.after}"


def test_every_change_that_decides_about_messages_renews_the_version() -> None:
    seen = []

    def changed() -> bool:
        seen.append(RuleVersion.objects.values_list("version", flat=True).get())
        return seen[-1] not in seen[:-1]

    sender = make_sender(is_approved=False, portal_state=None)
    assert changed()
    services.submit(item=sender, actor=WRITER, now=NOW)
    assert changed()
    services.register_sender(sender_id=sender.pk, actor=WRITER, now=NOW)
    assert changed()
    template = make_template(sender=sender, is_approved=False, portal_state=None)
    assert changed()
    services.register_template(template_id=template.pk, dlt_template_id=dlt_id(), actor=WRITER, now=NOW)
    assert changed()
    entity = Entity.objects.get()
    services.change_entity(
        entity_id=entity.pk,
        legal_name="Acme",
        dlt_entity_id=dlt_id("01"),
        portal_state=PortalState.SUSPENDED,
        actor=WRITER,
        now=NOW,
    )
    assert changed()
