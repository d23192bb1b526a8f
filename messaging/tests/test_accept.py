from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from billing.models import Wallet
from compliance import services as compliance
from compliance.tests.builders import NOW as LONG_AGO
from compliance.tests.builders import REVIEWER
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from kernel.telecom.e164 import E164
from messaging.drafts import Draft
from messaging.models import Batch, Message, MessageEvent
from messaging.queries import text_of
from messaging.services.accept import TenantSuspended
from messaging.services.books import audit_tenant
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.world import ASHA, RAVI, TEXT, UNIT, World, draft, make_world
from tenants.models import Tenant
from tenants.services import set_tenant_state

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_an_accepted_message_has_a_row_a_text_a_batch_and_a_hold(world: World) -> None:
    (outcome,) = world.accept(draft())
    assert (outcome.status, outcome.segments, outcome.price_micros) == (Status.ACCEPTED, 1, UNIT)
    with tenant_context(world.tenant_id):
        message = Message.objects.get(pk=outcome.id)
        batch = Batch.objects.get()
        assert message.batch_id == batch.id
        assert text_of(message) == TEXT
        assert (batch.ids, batch.state, batch.route_id) == ([outcome.id], BatchState.READY, world.route.pk)
        assert Wallet.objects.get().held_micros == UNIT


def test_a_template_with_variables_is_rendered(world: World) -> None:
    (outcome,) = world.accept(draft(text=None, template_id=world.template_id, variables=["Asha", "4711"]))
    with tenant_context(world.tenant_id):
        assert text_of(Message.objects.get(pk=outcome.id)) == TEXT


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"recipient": "12345"}, "invalid_number"),
        ({"recipient": "080 2345 6789"}, "number_not_mobile"),
        ({"sender": "NOBODY"}, "unknown_sender"),
        ({"text": "Something nobody approved"}, "template_not_matched"),
        ({"text": "  "}, "empty_text"),
        ({"text": "x" * 1600}, "template_not_matched"),
        ({"text": None, "template_id": str(uuid7())}, "template_not_found"),
        ({"recipient": "+33612345678"}, "no_price"),
    ],
)
def test_a_refused_draft_is_a_blocked_row_with_code_and_remedy(world: World, fields: dict[str, str], code: str) -> None:
    (outcome,) = world.accept(draft(**fields))
    assert outcome.status is Status.BLOCKED
    assert outcome.refusal is not None
    assert (outcome.refusal.code, bool(outcome.refusal.detail), bool(outcome.refusal.remedy)) == (code, True, True)
    with tenant_context(world.tenant_id):
        message = Message.objects.get(pk=outcome.id)
        assert (message.status, message.error_code, message.price_micros) == (Status.BLOCKED, code, 0)
        assert message.final_at is not None
        assert not Batch.objects.exists()


def test_a_sender_as_phones_show_it_means_the_registered_header(world: World) -> None:
    shown, bare = world.accept(draft(sender="VM-ACMEIN-S"), draft(RAVI))
    assert (shown.status, shown.warnings) == (Status.ACCEPTED, ("sender_as_shown",))
    assert (bare.status, bare.warnings) == (Status.ACCEPTED, ())
    with tenant_context(world.tenant_id):
        assert Message.objects.get(pk=shown.id).sender == "ACMEIN"


def test_who_opted_out_of_a_header_gets_nothing_from_it_as_shown(world: World) -> None:
    with tenant_context(world.tenant_id):
        compliance.opt_out(recipient=E164(ASHA), sender="ACMEIN", now=LONG_AGO, actor=REVIEWER)
    (refused,) = world.accept(draft(ASHA, sender="VM-ACMEIN-S"))
    assert refused.refusal is not None
    assert refused.refusal.code == "opted_out"


def test_the_bare_form_of_nobodys_header_means_nobody(world: World) -> None:
    (refused,) = world.accept(draft(sender="VM-NOBODY-S"))
    assert refused.refusal is not None
    assert "“VM-NOBODY-S”" in refused.refusal.detail


def test_an_opted_out_recipient_is_blocked_and_the_others_go(world: World) -> None:
    with tenant_context(world.tenant_id):
        compliance.opt_out(recipient=E164(ASHA), now=LONG_AGO, actor=REVIEWER)
    refused, accepted = world.accept(draft(ASHA), draft(RAVI))
    assert refused.refusal is not None
    assert refused.refusal.code == "opted_out"
    assert accepted.status is Status.ACCEPTED


def test_too_little_credit_blocks_all_of_the_call_and_holds_nothing() -> None:
    world = make_world(rupees=1)
    outcomes = world.accept(*[draft()] * 7)
    assert {outcome.refusal.code for outcome in outcomes if outcome.refusal} == {"insufficient_credit"}
    assert len(outcomes) == 7
    with tenant_context(world.tenant_id):
        assert (Wallet.objects.get().held_micros, Batch.objects.count()) == (0, 0)
        assert Message.objects.filter(status=Status.BLOCKED).count() == 7


def test_a_batch_has_at_most_500_messages_of_one_kind(world: World) -> None:
    world.accept(
        *[draft(f"+9198765{n:05}") for n in range(501)], draft("+919876599999", send_at=utc_now() + timedelta(1))
    )
    with tenant_context(world.tenant_id):
        found = sorted(Batch.objects.values_list("messages", "state"))
    assert found == [(1, BatchState.READY), (1, BatchState.WAITING), (500, BatchState.READY)]


def test_a_later_message_waits_and_its_text_lives_as_long(world: World) -> None:
    (outcome,) = world.accept(draft(send_at=utc_now() + timedelta(days=40)))
    assert outcome.status is Status.SCHEDULED
    with tenant_context(world.tenant_id):
        message = Message.objects.get(pk=outcome.id)
        assert message.retention_days == 90
        assert message.send_at is not None
        assert message.not_after - message.send_at == timedelta(hours=24)


@pytest.mark.parametrize("year", [2100, 9999])
def test_a_time_beyond_the_life_of_its_row_is_refused(world: World, year: int) -> None:
    far = datetime(year, 12, 31, 23, tzinfo=UTC)
    for outcome in world.accept(draft(send_at=far), draft(not_after=far)):
        assert outcome.refusal is not None
        assert outcome.refusal.code == "time_too_far"


def test_a_validity_that_is_over_is_refused(world: World) -> None:
    (outcome,) = world.accept(draft(not_after=utc_now() - timedelta(seconds=1)))
    assert outcome.refusal is not None
    assert outcome.refusal.code == "not_after_passed"


def test_a_repeated_message_id_is_refused_and_nothing_is_written_twice(world: World) -> None:
    same = Draft(recipient=ASHA, sender="ACMEIN", text=TEXT, message_id=uuid7())
    world.accept(same)
    with pytest.raises(IntegrityError):
        world.accept(same, draft(RAVI))
    with tenant_context(world.tenant_id):
        assert (Message.objects.count(), Batch.objects.count()) == (1, 1)
        assert Wallet.objects.get().held_micros == UNIT


def test_events_say_what_was_accepted_and_what_was_blocked(world: World) -> None:
    world.accept(draft(), draft(RAVI), draft("12345"))
    with tenant_context(world.tenant_id):
        events = MessageEvent.objects.order_by("kind").values_list("kind", "outcome", "error_code", "messages")
        assert list(events) == [
            (EventKind.ACCEPTED, Status.ACCEPTED, "", 2),
            (EventKind.FINAL, Status.BLOCKED, "invalid_number", 1),
        ]


def test_a_suspended_tenant_sends_nothing(world: World) -> None:
    set_tenant_state(tenant_id=world.tenant_id, state=Tenant.State.SUSPENDED, by=None)
    with pytest.raises(TenantSuspended):
        world.accept(draft())


def test_an_unreadable_number_is_stored_without_control_characters(world: World) -> None:
    (outcome,) = world.accept(draft("\x1b[31m98765 OOPS and much more of this"))
    with tenant_context(world.tenant_id):
        assert Message.objects.get(pk=outcome.id).recipient == "[31m98765 OOPS and m"


def test_another_tenant_sees_nothing_of_it(world: World) -> None:
    world.accept(draft())
    with tenant_context(make_world().tenant_id):
        assert not Message.objects.exists()
        assert not Batch.objects.exists()


def test_books_agree_after_accept(world: World) -> None:
    world.accept(draft(), draft(RAVI, sender="NOBODY"))
    with platform_context(reason="test"):
        assert audit_tenant(world.tenant_id) == []


def test_a_price_that_is_not_held_is_found(world: World) -> None:
    (outcome,) = world.accept(draft())
    with tenant_context(world.tenant_id):
        Message.objects.filter(pk=outcome.id).update(price_micros=1)
    with platform_context(reason="test"):
        assert {difference.code for difference in audit_tenant(world.tenant_id)} == {"held_price"}


def test_a_validity_beyond_what_operators_keep_is_cut(world: World) -> None:
    now = utc_now()
    (outcome,) = world.accept(draft(not_after=now + timedelta(days=30)), now=now)
    with tenant_context(world.tenant_id):
        assert Message.objects.get(pk=outcome.id).not_after - now == timedelta(hours=72)


def test_the_text_of_a_message_whose_id_is_old_lives_until_it_is_sent(world: World) -> None:
    now = utc_now()
    frozen = uuid7(now_ns=int((now - timedelta(hours=20)).timestamp() * 1e9))
    with tenant_context(world.tenant_id):
        Tenant.objects.update(text_retention_days_transactional=1)
    world.accept(draft(message_id=frozen, not_after=now + timedelta(hours=12)), now=now)
    with tenant_context(world.tenant_id):
        assert Message.objects.get().retention_days == 7
