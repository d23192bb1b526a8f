"""The dispatcher dies, is paused, or is asked to stop: what was accepted goes on, and money is moved once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from compliance.services import opt_out
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.traffic import TrafficClass
from kernel.telecom.e164 import E164
from messaging.dispatcher.database import connect, platform
from messaging.dispatcher.news import News
from messaging.dispatcher.outbound import Outbound
from messaging.dispatcher.process import serve
from messaging.services.sweeping import expire_overdue
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.dispatching import Scene, numbers, play
from messaging.tests.flights import make_job
from messaging.tests.world import UNIT, make_route
from routing.models import Route, RouteGauge
from routing.services.plans import RuleDraft, save_plan
from routing.statuses import Lane, RouteState

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent.parent


def start_process() -> subprocess.Popen[bytes]:
    """`manage.py dispatch --lane bulk` on the test's database."""
    where = connection.settings_dict
    url = f"postgresql://{where['USER']}@{quote(where['HOST'], safe='')}/{where['NAME']}"
    return subprocess.Popen(
        [sys.executable, "manage.py", "dispatch", "--lane", "bulk"],
        cwd=ROOT,
        env={**os.environ, "WORKER_DATABASE_URL": url, "DAKIYA_LOGIN": "worker"},
    )


@pytest.mark.parametrize(
    ("traffic_class", "in_doubt", "submits"),
    # Promotions leave a tenth of the window alone.
    [(TrafficClass.TRANSACTIONAL, 20, 60), (TrafficClass.PROMOTIONAL, 18, 40)],
)
def test_after_a_crash_only_promotions_in_doubt_are_not_sent_again(
    traffic_class: TrafficClass, in_doubt: int, submits: int
) -> None:
    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(40), traffic_class=traffic_class)
        await scene.start()
        await scene.until(lambda: scene.submits() == in_doubt)
        await scene.crash()
        scene.change(silent=False)
        scene.let_leases_end()
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        assert scene.submits() == submits
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 40 * UNIT
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == submits - in_doubt)

    play(story, window=20)


def test_what_is_in_doubt_counts_as_submitted_when_its_time_runs_out_before_it_can_go_again() -> None:
    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(3))
        await scene.start()
        await scene.until(lambda: scene.submits() == 3)
        await scene.crash()
        scene.sql("UPDATE messages SET not_after = now() + interval '1.2 s'")
        scene.change(silent=False)
        scene.let_leases_end()
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 3 * UNIT
        assert Status.EXPIRED not in scene.statuses()

    play(story, tps=2)


async def put_in_doubt(scene: Scene) -> None:
    """Three messages go to the socket, the line breaks without an answer, and they wait in the queue again."""
    scene.change(silent=True)
    scene.accept(*numbers(3, "10"))
    desks = (await scene.start()).routes.desks
    await scene.until(lambda: scene.submits() == 3)
    Route.objects.update(state=RouteState.DRAINING)
    await scene.until(lambda: not desks[scene.world.route.pk].is_sending)
    scene.smsc.disconnect()
    await scene.until(lambda: scene.states() == [BatchState.SENT, BatchState.READY])
    await scene.crash()
    scene.change(silent=False)
    Route.objects.update(state=RouteState.ENABLED)


def test_what_went_back_to_the_queue_in_doubt_counts_as_submitted_when_the_next_dispatcher_is_refused() -> None:
    async def story(scene: Scene) -> None:
        await put_in_doubt(scene)
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT, BatchState.SENT])
        assert (scene.submits(), scene.statuses()) == (6, {Status.ACCEPTED: 3})
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 3 * UNIT

    play(story)


def test_what_went_back_to_the_queue_in_doubt_counts_as_submitted_when_its_time_runs_out_there() -> None:
    async def story(scene: Scene) -> None:
        await put_in_doubt(scene)
        scene.sql("UPDATE batches SET not_after = now() - interval '1 s'")
        expire_overdue(utc_now())
        assert scene.statuses() == {Status.ACCEPTED: 3}
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 3 * UNIT

    play(story)


def test_what_is_in_doubt_does_not_go_again_to_somebody_who_opted_out_since() -> None:
    async def story(scene: Scene) -> None:
        await put_in_doubt(scene)
        with tenant_context(scene.world.tenant_id):
            for recipient in numbers(3, "10"):
                opt_out(recipient=E164(recipient), now=utc_now())
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT, BatchState.SENT])
        assert (scene.submits(), scene.events(EventKind.SUBMITTED)["messages"]) == (3, 3)

    play(story)


def test_clocks_that_differ_between_machines_send_and_charge_nothing_twice() -> None:
    async def story(scene: Scene) -> None:
        scene.change(receipts=False)
        scene.accept(*numbers(60))
        await scene.start()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] > 10)
        await scene.crash()
        # The machine that accepted them is a minute ahead.
        scene.sql("UPDATE batches SET accepted_at = accepted_at + interval '1 min'")
        scene.let_leases_end()
        await scene.start()
        await scene.until(lambda: scene.states() == [BatchState.SENT])
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 60 * UNIT

    play(story, window=10, tps=40)


def test_a_killed_process_is_followed_by_another_without_loss_or_double_charge() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(300))
        process = start_process()
        try:
            await scene.until(lambda: scene.statuses().get(Status.DELIVERED, 0) > 50)
        finally:
            process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(process.wait)
        assert scene.statuses()[Status.ACCEPTED] > 0
        scene.let_leases_end()
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 300})
        assert 300 <= scene.submits() <= 310
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 300 * UNIT

    play(story, window=10, tps=200)


def test_a_process_that_is_asked_to_stop_parts_politely_and_gives_the_rest_back() -> None:
    async def story(scene: Scene) -> None:
        scene.accept(*numbers(300))
        process = start_process()
        try:
            await scene.until(lambda: scene.statuses().get(Status.DELIVERED, 0) > 20)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(asyncio.to_thread(process.wait), 10) == 0
        finally:
            process.kill()
        assert scene.states()[0] == BatchState.READY
        assert not RouteGauge.objects.exists()
        assert scene.submits() == scene.events(EventKind.SUBMITTED)["messages"]
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 300})
        assert scene.submits() == 300

    play(story, window=10, tps=200)


def test_stopping_hands_back_what_the_operator_throttled_even_promotions() -> None:
    async def story(scene: Scene) -> None:
        scene.change(queue_full=True)
        scene.accept(*numbers(15), traffic_class=TrafficClass.PROMOTIONAL)
        await scene.start()
        await scene.until(lambda: scene.smsc.centre.counters.refused >= 10)
        await scene.stop()
        scene.change(queue_full=False)
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 15})
        assert scene.events(EventKind.SUBMITTED)["messages"] == 15

    play(story, window=10)


def test_a_dispatcher_that_lost_its_lease_neither_sends_nor_settles() -> None:
    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(40), traffic_class=TrafficClass.PROMOTIONAL)
        await scene.start()
        await scene.until(lambda: scene.submits() == 18)
        # As if it had been paused beyond its lease, and another one had claimed the batch.
        scene.sql("UPDATE batches SET lease_token = gen_random_uuid()")
        scene.smsc.disconnect()
        await scene.until(lambda: scene.smsc.centre.counters.binds == 2)
        scene.change(silent=False)
        await scene.accept_beside(*numbers(2))
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == 2)
        assert scene.submits() == 20
        assert scene.events(EventKind.SUBMITTED)["messages"] == 2
        scene.let_leases_end()
        await scene.until(lambda: scene.events(EventKind.SUBMITTED)["messages"] == 42)
        assert scene.submits() == 42

    play(story, window=20)


def test_answers_after_a_lost_lease_keep_their_ids_for_receipts_and_count_for_nothing_else() -> None:
    async def story(scene: Scene) -> None:
        job = make_job(tenant_id=scene.world.tenant_id)
        job.flight.is_lost = True
        news = News(lambda: None)
        news.accepted.append((job, "beef"))
        outbound = Outbound(news, ended=[], also_submitted=[])
        db = await connect("test")
        async with platform(db):
            await outbound.write_ids(db, utc_now())
        await db.close()
        rows = scene.sql("SELECT operator_key, parts FROM operator_ids WHERE tenant_id = %s", scene.world.tenant_id)
        assert (rows, outbound.settled) == ([("beef", -1)], {})

    play(story)


def test_two_dispatchers_share_the_batches_of_a_lane() -> None:
    async def story(scene: Scene) -> None:
        for _ in range(4):
            scene.accept(*numbers(100))
        await scene.start()
        await scene.start()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 400})
        await scene.until(lambda: set(scene.states()) == {BatchState.SENT})  # one that moved is one more
        assert scene.submits() == 400
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 400 * UNIT

    play(story)


def test_a_lost_database_connection_empties_the_hands_and_work_goes_on() -> None:
    async def story(scene: Scene) -> None:
        scene.change(silent=True)
        scene.accept(*numbers(40))
        stopping = asyncio.Event()
        serving = asyncio.create_task(serve(Lane.BULK, stopping))
        await scene.until(lambda: scene.submits() == 20)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'dakiya dispatch%' AND datname = current_database()"
            )
        await scene.until(lambda: scene.smsc.status()["connections"] == 0)
        scene.change(silent=False)
        scene.let_leases_end()
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 40})
        stopping.set()
        await serving
        assert scene.submits() == 60
        assert scene.events(EventKind.SUBMITTED)["charged_micros"] == 40 * UNIT

    play(story, window=20)


def test_batches_of_a_line_that_is_down_go_to_their_next_route() -> None:
    async def story(scene: Scene) -> None:
        settings = {"host": "127.0.0.1", "port": 9, "system_id": "dakiya", "bind_as": "transceiver"}
        dead = make_route("Dead", kind="smpp", settings=settings)
        save_plan(rules=[RuleDraft(route_ids=[dead.pk, scene.world.route.pk])])
        scene.accept(*numbers(5))
        await scene.start(fail_over_s=0.2)
        await scene.until(lambda: scene.statuses() == {Status.DELIVERED: 5})
        assert scene.events(EventKind.SUBMITTED, route_id=scene.world.route.pk)["messages"] == 5

    play(story)
