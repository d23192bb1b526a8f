"""Messages in doubt: seen, counted and settled, with the books exact behind it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import ChargedOn, LedgerEntry, Wallet
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.models import Batch, Message, Operation
from messaging.services.books import audit_tenant
from messaging.services.doubt import doubtful, doubts
from messaging.statuses import BatchState, Status
from messaging.tests.dispatching import numbers
from messaging.tests.test_surgery import states
from messaging.tests.world import World, draft, make_world
from tests.security.company import staff_browser

pytestmark = pytest.mark.django_db
PROMOTIONAL, TRANSACTIONAL = TrafficClass.PROMOTIONAL, TrafficClass.TRANSACTIONAL


def crashed(traffic_class: TrafficClass, *, charged_on: ChargedOn = ChargedOn.SUBMIT) -> World:
    """Five messages in a batch, of which a dead dispatcher may have sent three."""
    world = make_world(charged_on=charged_on)
    world.accept(*(draft(number, traffic_class=traffic_class) for number in numbers(5)))
    with tenant_context(world.tenant_id):
        Batch.objects.update(sent_upto=3)
    return world


def settle(*words: str) -> str:
    out = StringIO()
    call_command("settle_in_doubt", "--older-than", "0m", *words, stdout=out)
    return out.getvalue()


def statuses(world: World) -> list[int]:
    with tenant_context(world.tenant_id):
        return sorted(Message.objects.values_list("status", flat=True))


def assert_books_are_exact(world: World) -> None:
    with platform_context(reason="test: the books after it"):
        assert audit_tenant(world.tenant_id) == []


def counts(world: World) -> tuple[int, int]:
    """(in doubt, of these counted as submitted)."""
    with platform_context(reason="test: what is in doubt"):
        found = doubts([world.route.pk], before=utc_now() + timedelta(seconds=1))
    return sum(each.messages for each in found), sum(each.counted for each in found)


@pytest.mark.parametrize("traffic_class", [PROMOTIONAL, TRANSACTIONAL])
def test_what_a_dead_dispatcher_may_have_sent_is_in_doubt(traffic_class: TrafficClass) -> None:
    world = crashed(traffic_class)
    assert counts(world) == (3, 0)


def test_promotions_in_doubt_count_as_submitted_and_are_charged_once() -> None:
    world = crashed(PROMOTIONAL)
    assert "3 settled as submitted" in settle("--as", "submitted")
    assert "0 settled as submitted" in settle("--as", "submitted")
    assert counts(world) == (3, 3)
    with tenant_context(world.tenant_id):
        assert sum(LedgerEntry.objects.filter(kind="charge").values_list("messages", flat=True)) == 3
    assert states(world) == [BatchState.READY]
    assert_books_are_exact(world)


@pytest.mark.parametrize("charged_on", list(ChargedOn))
@pytest.mark.parametrize(("ending", "status"), [("unknown", Status.UNKNOWN), ("failed", Status.FAILED)])
def test_settling_ends_promotions_in_doubt_and_nothing_else(ending: str, status: Status, charged_on: ChargedOn) -> None:
    world = crashed(PROMOTIONAL, charged_on=charged_on)
    assert "3 settled" in settle("--as", ending)
    assert statuses(world) == [Status.ACCEPTED] * 2 + [status] * 3
    assert counts(world) == (0, 0)
    with tenant_context(world.tenant_id):
        assert Wallet.objects.get().held_micros == 2 * 150_000
    assert_books_are_exact(world)


@pytest.mark.parametrize("is_counted", [True, False])
def test_one_wallet_that_does_not_add_up_keeps_nobody_elses_doubts(is_counted: bool) -> None:
    broken, other = (crashed(PROMOTIONAL, charged_on=ChargedOn.DELIVERY) for _ in range(2))
    if is_counted:
        settle("--as", "submitted")
    with tenant_context(broken.tenant_id):
        Wallet.objects.update(held_micros=0)
    settle("--as", "failed")
    assert (statuses(broken).count(Status.FAILED), statuses(other).count(Status.FAILED)) == (0, 3)
    operation = Operation.objects.latest("at")
    assert (operation.state, operation.done["failed_tenants"]) == ("done", [str(broken.tenant_id)])
    page = staff_browser().get(f"/console/queues/{operation.pk}/").content.decode()
    assert "the wallet does not add up" in page


def test_a_wallet_that_cannot_be_charged_is_noted_and_passed_over() -> None:
    broken, _ = (crashed(PROMOTIONAL) for _ in range(2))
    with tenant_context(broken.tenant_id):
        Wallet.objects.update(held_micros=0)
    assert "3 settled as submitted" in settle("--as", "submitted")
    assert (counts(broken)[1], Operation.objects.get().done["failed_tenants"]) == (3, [str(broken.tenant_id)])


def test_passcodes_and_transactional_texts_are_left_to_the_rule_that_sends_them_again() -> None:
    world = crashed(TRANSACTIONAL)
    said = settle()
    assert "3 are sent again by the next claim" in said
    assert statuses(world) == [Status.ACCEPTED] * 5


def test_a_dry_run_counts_and_changes_nothing() -> None:
    world = crashed(PROMOTIONAL)
    assert settle("--dry-run") == "3 in doubt: 0 count as submitted, 0 are sent again by the next claim\n"
    assert statuses(world) == [Status.ACCEPTED] * 5


def test_what_is_not_old_enough_or_another_routes_stays() -> None:
    world = crashed(PROMOTIONAL)
    call_command("settle_in_doubt", "--older-than", "1h", stdout=StringIO())
    with pytest.raises(CommandError, match="no route 'Nowhere'"):
        settle("--route", "Nowhere")
    with pytest.raises(CommandError, match="no age"):
        call_command("settle_in_doubt", "--older-than", "soon")
    with pytest.raises(CommandError, match="such as --older-than 1h"):
        call_command("settle_in_doubt")
    assert counts(world) == (3, 0)


def test_the_list_goes_page_by_page() -> None:
    world = crashed(PROMOTIONAL)
    far = utc_now() + timedelta(days=1)
    with platform_context(reason="test: the list"):
        first = doubtful([world.route.pk], before=far, after=(far, world.tenant_id), size=2)
        key = first[1].at, first[1].id
        rest = doubtful([world.route.pk], before=far, after=key, size=2)
    assert (len(first), len(rest)) == (3, 1)
    assert rest[0].id == first[2].id
