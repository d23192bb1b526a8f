"""Rules about what went out before: repeats, caps per person and destination, runs of numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from compliance.levels import Level
from compliance.models import NumberRun, Sender
from compliance.rules.history import _NEVER_LEFT as NEVER_LEFT
from compliance.services.recipients import Choices, choose, open_destination
from compliance.services.rule_levels import choose_rule_levels
from compliance.services.runs import note_runs
from compliance.tests.builders import WRITER, make_template, screening
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from messaging.statuses import Status
from messaging.tests.dispatching import OTP_BODY, OTP_TEXT
from messaging.tests.world import ASHA, RAVI, World, draft, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def chosen(world: World, **fields: Any) -> None:
    with tenant_context(world.tenant_id):
        choose(choices_=Choices(**fields), actor=WRITER, now=utc_now())


def codes(world: World, *drafts: Any, **kwargs: Any) -> list[str | None]:
    return [each.refusal.code if each.refusal else None for each in world.accept(*drafts, **kwargs)]


def test_the_statuses_of_what_never_left_are_these() -> None:
    never = {Status.EXPIRED, Status.REJECTED, Status.FAILED, Status.BLOCKED, Status.CANCELLED}
    assert set(NEVER_LEFT) == {int(each) for each in never}


def test_nothing_is_asked_of_whoever_chose_nothing(world: World, django_assert_num_queries: Any) -> None:
    assert codes(world, draft(), draft()) == [None, None]
    with tenant_context(world.tenant_id):
        screening(ASHA)
        with django_assert_num_queries(1):
            screening(ASHA)


def test_the_same_text_again_is_refused_within_the_minutes(world: World) -> None:
    chosen(world, duplicate_minutes=10)
    assert codes(world, draft(), draft(RAVI), draft()) == [None, None, "duplicate_message"]
    assert codes(world, draft()) == ["duplicate_message"]
    assert codes(world, draft(text="Dear Asha, your order 4712 is on its way. -ACME")) == [None]
    assert codes(world, draft(), now=utc_now() + timedelta(minutes=11)) == [None]


def test_a_repeat_may_pass_with_a_warning(world: World) -> None:
    chosen(world, duplicate_minutes=10)
    with tenant_context(world.tenant_id):
        choose_rule_levels(levels={"duplicate_message": Level.WARN}, actor=WRITER, now=utc_now())
    world.accept(draft())
    (again,) = world.accept(draft())
    assert (again.refusal, again.warnings) == (None, ("duplicate_message",))


def test_promotions_are_counted_per_person_and_other_messages_are_not(world: World) -> None:
    chosen(world, promotions_per_day=2)
    promotion = draft(traffic_class=TrafficClass.PROMOTIONAL)
    assert codes(world, promotion, draft(), promotion, promotion) == [None, None, None, "frequency_capped"]
    assert codes(world, promotion, draft()) == ["frequency_capped", None]
    assert codes(world, promotion, now=utc_now() + timedelta(hours=25)) == [None]


def test_an_opened_destination_takes_as_many_as_its_cap(world: World) -> None:
    with tenant_context(world.tenant_id):
        service = TrafficClass.TRANSACTIONAL
        open_destination(prefix="+9198", traffic_class=service, daily_cap=2, actor=WRITER, now=utc_now())
    assert codes(world, draft(), draft(RAVI), draft()) == [None, None, "destination_cap_reached"]
    assert codes(world, draft(RAVI)) == ["destination_cap_reached"]


def test_passcodes_to_ten_neighbours_are_a_run_that_is_counted_once_an_hour(world: World) -> None:
    with tenant_context(world.tenant_id):
        make_template(OTP_BODY, name="Passcode", sender=Sender.objects.get(), is_otp=True)
    world.accept(*(draft(f"+9198765432{n:02d}", OTP_TEXT) for n in range(12)))
    with tenant_context(world.tenant_id):
        assert note_runs(now=utc_now()) == 1
        assert note_runs(now=utc_now()) == 1
        run = NumberRun.objects.get()
        assert (run.series, run.numbers, run.times) == ("+9198765432", 12, 1)
        choose_rule_levels(levels={"number_run": Level.WARN}, actor=WRITER, now=utc_now())
    (outcome,) = world.accept(draft("+919876543299", OTP_TEXT))
    assert outcome.warnings == ("number_run",)


def test_each_question_is_one_statement_however_many_recipients(world: World, django_assert_num_queries: Any) -> None:
    chosen(world, duplicate_minutes=10, promotions_per_day=3, promotions_per_week=9)
    with tenant_context(world.tenant_id):
        screening(ASHA)
        with django_assert_num_queries(1):
            screening(*(f"+9198765{number:05d}" for number in range(300)))
