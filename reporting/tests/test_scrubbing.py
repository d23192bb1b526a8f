"""What operators' scrubbing refuses becomes a gap in the report, and a suspension when it is believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import Entry
from compliance.models import SenderRegistration, Stop
from compliance.statuses import PortalState, StateSource
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.telecom.scrubbing import SCRUB_CODES, scrub_code
from messaging.models import Message
from messaging.services.scrubbing import watch
from messaging.statuses import Status
from messaging.tests.dispatching import Scene, numbers, play
from reporting.folding import fold_all
from tenants.models import Notification
from tenants.roles import Role
from tenants.services import add_member
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
INACTIVE, MISMATCH = "07", "08"


def registration(scene: Scene) -> SenderRegistration:
    with tenant_context(scene.world.tenant_id):
        return SenderRegistration.objects.get()


async def refuse(scene: Scene, count: int, ending: str) -> None:
    scene.accept(*numbers(count, ending))
    await scene.start()
    await scene.until(lambda: scene.statuses() == {Status.REJECTED: count})


def test_three_refusals_of_one_kind_suspend_the_registration_and_stop_what_waits() -> None:
    async def story(scene: Scene) -> None:
        officer = make_user()
        with tenant_context(scene.world.tenant_id):
            add_member(user=officer, role=Role.COMPLIANCE, by=None)
        await refuse(scene, 3, INACTIVE)
        assert watch(utc_now()) == 1
        found = registration(scene)
        assert (found.portal_state, found.state_source) == (PortalState.SUSPENDED, StateSource.DLR)
        with tenant_context(scene.world.tenant_id):
            assert Stop.objects.get().kind == Stop.Kind.SENDER
            assert Entry.objects.filter(action="sender.scrubbed").count() == 1
            assert "operators refuse it" in Notification.objects.get(user=officer).title
            assert set(Message.objects.values_list("error_code", flat=True)) == {"dlt_header_inactive"}
        assert watch(utc_now()) == 0

    play(story)


@pytest.mark.parametrize(("count", "later"), [(2, timedelta()), (3, timedelta(minutes=11))])
def test_few_refusals_suspend_nothing_and_neither_do_old_ones(count: int, later: timedelta) -> None:
    async def story(scene: Scene) -> None:
        await refuse(scene, count, INACTIVE)
        assert watch(utc_now() + later) == 0
        assert registration(scene).portal_state == PortalState.ACTIVE

    play(story)


def test_a_text_that_differs_suspends_nothing_and_is_a_gap_with_its_rule() -> None:
    async def story(scene: Scene) -> None:
        await refuse(scene, 4, MISMATCH)
        assert watch(utc_now()) == 0
        fold_all()
        officer, staff = make_user(), make_user(is_staff=True)
        with tenant_context(scene.world.tenant_id):
            add_member(user=officer, role=Role.COMPLIANCE, by=None)
        page = signed_in(officer).get("/compliance/gaps/").text
        assert "text_matches" in page
        assert "code=dlt_template" in page
        assert "text and registered template differ" in signed_in(staff).get("/console/gaps/").text

    play(story)


@pytest.mark.parametrize(
    ("error", "destination", "code"),
    [
        ("633", "91", "dlt_template"),
        ("0621", "919", "dlt_header_inactive"),
        ("633", "44", None),
        ("001", "91", None),
        ("", "91", None),
    ],
)
def test_codes_of_the_series_are_indias_alone(error: str, destination: str, code: str | None) -> None:
    assert scrub_code(error, destination) == code
    assert code is None or code in SCRUB_CODES
