"""Stories share one event loop with dispatchers: what waits there for a lock must not wait for itself."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection

from messaging.dispatcher.database import connect, platform
from messaging.tests.dispatching import Scene, numbers, play

pytestmark = pytest.mark.django_db(transaction=True)


def test_messages_are_accepted_beside_a_flush_that_holds_the_wallet() -> None:
    async def story(scene: Scene) -> None:
        db = await connect("test")
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
        async with platform(db):
            await db.execute("SELECT 1 FROM billing_wallet WHERE tenant_id = %s FOR UPDATE", [scene.world.tenant_id])
            accepting = asyncio.create_task(scene.accept_beside(*numbers(2)))
            await scene.until(lambda: scene.sql(waiting))
        await db.close()
        assert len(await accepting) == 2

    play(story)


def test_no_lock_is_waited_for_for_ever() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("15s",)
