"""Numbers that failed for good: counted from operators' words, cleared by a delivery, removed, suppressed, undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from django.utils import timezone

from audit.models import Entry
from campaigns.hygiene.statuses import RemovalKind
from campaigns.models import ContactList, Membership, NumberFailure, Removal
from campaigns.services import failures
from campaigns.services.failures import AlreadyUndone, NothingToRemove, count_all, settle, suggested_count, undo
from campaigns.tests.builders import MAYA, NOW, Cast, make_cast, make_list, number
from compliance.models import ConsentEvent, OptOut
from compliance.services import opt_out, opted_out
from kernel.db.events import advance
from kernel.db.tenancy import platform_context, tenant_context
from messaging.models import Message
from messaging.statuses import EventKind, Status
from messaging.tests.dispatching import Scene, play
from messaging.tests.rows import make_event, make_messages
from tests.waiting import until

# Readers of the log see what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

REFUSED: Final = "+919810909010"
FINE: Final = "+919810909000"


def ended(phone: str, status: Status, code: str = "") -> None:
    """One message to its end, with the event that tells of it."""
    rows = make_messages(recipient=phone, status=status, error_code=code or None, final_at=timezone.now())
    make_event(rows, EventKind.FINAL, status, error_code=code)


def failed(phone: str, times: int = 1, code: str = "invalid_number") -> None:
    for _ in range(times):
        ended(phone, Status.REJECTED, code)


def counts() -> dict[str, int]:
    with platform_context(reason="test: numbers of all tenants"):
        return dict(NumberFailure.objects.values_list("phone", "failures"))


def dead_list(cast: Cast, people: int = 3, dead: int = 2) -> ContactList:
    """A list whose first numbers are suggested for removal."""
    with tenant_context(cast.tenant_id):
        made = make_list("People", people)
        for index in range(dead):
            failed(number(index), 3)
    count_until(lambda found: list(found.values()).count(3) == dead)
    return made


def count_until(is_enough: Callable[[dict[str, int]], bool], **limit: int) -> None:
    """A transaction in another test's database may hold back for a while what can be read of the events."""

    def is_counted() -> bool:
        count_all(now=NOW, **limit)
        return is_enough(counts())

    until(is_counted, 60)


def test_what_an_operator_refuses_three_times_is_suggested() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(REFUSED, REFUSED, REFUSED, FINE)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.REJECTED: 3, Status.DELIVERED: 1})

    play(story)
    count_until(lambda found: found == {REFUSED: 3})
    with platform_context(reason="test: whose number it is"):
        (tenant_id,) = set(Message.objects.values_list("tenant_id", flat=True))
    with tenant_context(tenant_id):
        assert suggested_count() == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.UNDELIVERED, "undeliverable"),
        (Status.FAILED, "route_unavailable"),
        (Status.REJECTED, "sender_not_allowed"),
        (Status.BLOCKED, "invalid_number"),
    ],
)
def test_what_says_nothing_of_the_number_does_not_count(cast: Cast, status: Status, code: str) -> None:
    with tenant_context(cast.tenant_id):
        ended(number(1), status, code)
    count_all(now=NOW)
    assert counts() == {}


@pytest.mark.parametrize("limit", [1, 100])
def test_a_later_delivery_clears_the_count_however_events_are_read(cast: Cast, limit: int) -> None:
    with tenant_context(cast.tenant_id):
        failed(number(1), 3)
        ended(number(1), Status.DELIVERED)
        failed(number(1))
        failed(number(2), 3)
        ended(number(2), Status.DELIVERED)
    count_until(lambda found: found == {number(1): 1}, limit=limit)


def test_events_that_are_read_twice_change_nothing(cast: Cast) -> None:
    dead_list(cast, dead=1)
    with platform_context(reason="test: a reader that starts anew"):
        advance(failures.READER, xid=0, event_id=0)
    count_all(now=NOW)
    assert counts() == {number(0): 3}


def test_removing_takes_numbers_off_all_lists_and_undoing_puts_them_back(cast: Cast) -> None:
    people = dead_list(cast)
    with tenant_context(cast.tenant_id):
        before = set(Membership.objects.values_list("contact_list_id", "contact_id"))
        made = settle(kind=RemovalKind.REMOVE, actor=MAYA, now=NOW)
        people.refresh_from_db()
        assert (made.numbers, made.memberships, people.size, suggested_count()) == (2, 2, 1, 0)
        undo(removal_id=made.pk, actor=MAYA, now=NOW)
        people.refresh_from_db()
        assert (people.size, suggested_count()) == (3, 2)
        assert set(Membership.objects.values_list("contact_list_id", "contact_id")) == before
        assert {"removal.create", "removal.undo"} <= set(Entry.objects.values_list("action", flat=True))


def test_suppressing_is_an_opt_out_that_says_nothing_about_consent(cast: Cast) -> None:
    dead_list(cast)
    with tenant_context(cast.tenant_id):
        made = settle(kind=RemovalKind.SUPPRESS, actor=MAYA, now=NOW)
        assert opted_out(recipients=[number(0), number(2)], sender="ACMEIN") == {number(0)}
        undo(removal_id=made.pk, actor=MAYA, now=NOW)
        assert opted_out(recipients=[number(0)], sender="ACMEIN") == set()
        assert not ConsentEvent.objects.exists()


def test_undoing_never_lifts_what_a_person_asked_for(cast: Cast) -> None:
    dead_list(cast)
    with tenant_context(cast.tenant_id):
        opt_out(recipient=number(0), now=NOW)
        made = settle(kind=RemovalKind.SUPPRESS, actor=MAYA, now=NOW)
        assert len(made.opt_out_ids) == 1
        undo(removal_id=made.pk, actor=MAYA, now=NOW)
        assert OptOut.objects.get(lifted_at=None).recipient == number(0)


def test_chosen_numbers_alone_are_removed_and_nothing_twice(cast: Cast) -> None:
    dead_list(cast)
    with tenant_context(cast.tenant_id):
        chosen = [NumberFailure.objects.get(phone=number(1)).pk]
        made = settle(kind=RemovalKind.REMOVE, failure_ids=chosen, actor=MAYA, now=NOW)
        assert (made.numbers, suggested_count()) == (1, 1)
        with pytest.raises(NothingToRemove):
            settle(kind=RemovalKind.REMOVE, failure_ids=chosen, actor=MAYA, now=NOW)
        undo(removal_id=made.pk, actor=MAYA, now=NOW)
        with pytest.raises(AlreadyUndone):
            undo(removal_id=made.pk, actor=MAYA, now=NOW)


def test_a_removed_number_that_fails_again_is_not_suggested_again(cast: Cast) -> None:
    dead_list(cast, dead=1)
    with tenant_context(cast.tenant_id):
        settle(kind=RemovalKind.REMOVE, actor=MAYA, now=NOW)
        failed(number(0))
    count_until(lambda found: found == {number(0): 4})
    with tenant_context(cast.tenant_id):
        assert suggested_count() == 0
        assert Removal.objects.count() == 1


def test_no_tenant_sees_what_failed_for_another(cast: Cast) -> None:
    dead_list(cast)
    with tenant_context(make_cast().tenant_id):
        assert suggested_count() == 0
