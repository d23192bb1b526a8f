"""Probes to phones of our own: forced onto one route, compared with what people say, turned into an alarm."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.services import Actor
from compliance.models import Template
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from kernel.telecom.e164 import E164
from messaging.models import Batch, Message
from messaging.services.probing import RouteTakesNothing, note_outcomes, send_probes
from messaging.statuses import Status
from messaging.tests.dispatching import Scene, play
from messaging.tests.world import ASHA, RAVI, World, make_route, make_world
from routing.models import Probe, Route, SeedNumber
from routing.queries import route_overviews
from routing.services.probes import SeedKnown, add_seed, confirm_probe, note_probe, retire_seed
from routing.smsc.settings import Settings
from routing.statuses import RouteState
from tenants.tests.builders import make_user, signed_in

NOW = utc_now()
STAFF = Actor(None, "Staff")
VALUES = ["Asha", "4711"]


def make_seeds(*numbers: str) -> list[SeedNumber]:
    with platform_context(reason="test: staff keep a list of phones"):
        return [add_seed(number=E164(each), label=f"Phone {each[-2:]}", actor=STAFF, now=NOW) for each in numbers]


def probe(world: World, route: Route, *seeds: SeedNumber) -> list[Any]:
    """Probes, or refusals."""
    with platform_context(reason="test: staff send probes"):
        template = Template.objects.select_related("sender").get(pk=world.template_id)
        now = utc_now()
        return send_probes(route=route, seeds=seeds, template=template, values=VALUES, actor=STAFF, now=now)


def confirm(found: Probe, verdict: Probe.Verdict) -> None:
    with platform_context(reason="test: somebody looked at the phone"):
        confirm_probe(probe_id=found.pk, verdict=verdict, actor=STAFF, now=utc_now())


def told_delivered(route: Route, seed: SeedNumber, verdict: str) -> Probe:
    ids = {"tenant_id": uuid7(), "message_id": uuid7()}
    with platform_context(reason="test: a probe whose receipt came"):
        found = note_probe(route=route, seed=seed, **ids, actor=STAFF, now=NOW)
        Probe.objects.filter(pk=found.pk).update(outcome="delivered", is_delivered=True, receipt_at=NOW)
    confirm(found, Probe.Verdict(verdict))
    return found


@pytest.mark.django_db(transaction=True)
def test_receipts_in_no_time_for_texts_that_never_arrive_raise_an_alarm() -> None:
    """An operator that reports everything delivered at once, over a real socket."""

    async def story(scene: Scene) -> None:
        route = scene.world.route
        probes = probe(scene.world, route, *make_seeds(ASHA, RAVI, "+919876543212"))
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 3})
        assert (note_outcomes(utc_now()), note_outcomes(utc_now())) == (3, 0)
        for each, verdict in zip(probes, ("arrived", "missing", "missing"), strict=True):
            assert not route_overviews(now=utc_now(), route_id=route.pk)[0].is_faking
            confirm(each, Probe.Verdict(verdict))
        (seen,) = route_overviews(now=utc_now(), route_id=route.pk)
        words = "3 of 3 receipts say delivered, 1 of 3 probes arrived in seven days"
        assert (seen.is_faking, seen.notes[0]) == (True, f"receipts may be invented: {words}")

    play(story, settings=Settings(receipt_delay_ms=0, delivered_ratio=1.0))


@pytest.mark.django_db
def test_a_probe_takes_its_route_though_the_plan_knows_another_one_only() -> None:
    world, other = make_world(), make_route("Other")
    (found,) = probe(world, other, *make_seeds(ASHA))
    with tenant_context(world.tenant_id):
        batch, message = Batch.objects.get(), Message.objects.get()
    assert (batch.route_id, batch.candidates, message.pk) == (other.pk, [], found.message_id)
    assert message.price_micros > 0


@pytest.mark.django_db
def test_a_probe_that_staff_moved_away_says_nothing_about_its_route() -> None:
    world = make_world()
    (found,) = probe(world, world.route, *make_seeds(ASHA))
    with tenant_context(world.tenant_id):
        Message.objects.update(status=Status.DELIVERED, final_at=utc_now())
        Batch.objects.update(route_id=make_route("Other").pk)
    assert note_outcomes(utc_now()) == 0
    with tenant_context(world.tenant_id):
        Batch.objects.update(route_id=world.route.pk)
    assert note_outcomes(utc_now()) == 1
    assert Probe.objects.get(pk=found.pk).is_delivered


@pytest.mark.django_db
def test_a_refused_probe_and_a_closed_route_leave_no_probe() -> None:
    world = make_world(rupees=0)
    (refusal,) = probe(world, world.route, *make_seeds(ASHA))
    assert refusal.code == "insufficient_credit"
    Route.objects.update(state=RouteState.DRAINING)
    with pytest.raises(RouteTakesNothing):
        probe(world, Route.objects.get(), SeedNumber.objects.get())
    assert not Probe.objects.exists()


@pytest.mark.django_db
def test_a_number_stands_on_the_list_once_and_comes_back_to_it() -> None:
    (seed,) = make_seeds(ASHA)
    assert seed.country == "IN"
    with pytest.raises(SeedKnown):
        make_seeds(ASHA)
    with platform_context(reason="test: staff take a phone off the list"):
        retire_seed(seed_id=seed.pk, actor=STAFF, now=NOW)
    (again,) = make_seeds(ASHA)
    assert (again.pk, again.retired_at) == (seed.pk, None)


@pytest.mark.django_db
def test_what_is_older_than_seven_days_or_was_seen_to_arrive_raises_no_alarm() -> None:
    route, (seed,) = make_route(), make_seeds(ASHA)
    for _ in range(2):
        told_delivered(route, seed, "missing")
    (seen,) = route_overviews(now=NOW + timedelta(days=6))
    (later,) = route_overviews(now=NOW + timedelta(days=7))
    assert (seen.is_faking, later.is_faking) == (True, False)
    confirm(Probe.objects.all()[0], Probe.Verdict.ARRIVED)
    assert not route_overviews(now=NOW)[0].is_faking


@pytest.mark.django_db
def test_staff_send_and_confirm_on_the_pages_and_see_the_alarm_on_three() -> None:
    world = make_world()
    staff, address = signed_in(make_user(is_staff=True)), reverse("seeds:probes", args=[world.route.pk])
    assert "No phone to send to" in staff.get(address).content.decode()
    for number in (ASHA, RAVI):
        assert staff.post(reverse("seeds:seeds"), {"number": number, "label": f"Phone {number}"}).status_code == 302
    text = {"tenant": str(world.tenant_id), "template": str(world.template_id)}
    assert "Phone +919876543210" in staff.get(address, text).content.decode()
    assert staff.post(address, text).status_code == 422
    phones = list(SeedNumber.objects.values_list("pk", flat=True))
    sent = staff.post(address, {**text, "value_0": "Asha", "value_1": "4711", "seeds": phones})
    assert (sent.status_code, Probe.objects.count()) == (302, 2)
    Probe.objects.update(outcome="delivered", is_delivered=True, receipt_at=utc_now())
    for found in Probe.objects.all():
        staff.post(reverse("seeds:probe-confirm", args=[found.pk]), {"verdict": "missing"})
    for page in (address, reverse("routing:route-detail", args=[world.route.pk]), reverse("reporting:console")):
        assert "2 of 2 receipts say delivered, 0 of 2 probes arrived" in staff.get(page).content.decode()
    trail = staff.get(reverse("routing:trail")).content.decode()
    assert "did not arrive" in trail


@pytest.mark.django_db
def test_the_page_of_probes_costs_as_many_queries_for_many_as_for_few() -> None:
    route, (seed,) = make_route(), make_seeds(ASHA)
    staff, address = signed_in(make_user(is_staff=True)), reverse("seeds:probes", args=[route.pk])
    counts = []
    for _ in range(2):
        told_delivered(route, seed, "arrived")
        told_delivered(route, seed, "arrived")
        staff.get(address)
        with CaptureQueriesContext(scoped_connection()) as asked:
            staff.get(address)
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_nobody_but_staff_sees_phones_and_probes() -> None:
    route, _ = make_route(), make_seeds(ASHA)
    for address in (reverse("seeds:seeds"), reverse("seeds:probes", args=[route.pk])):
        assert signed_in(make_user()).get(address).status_code == 404
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(uuid7()):
        SeedNumber.objects.first()
