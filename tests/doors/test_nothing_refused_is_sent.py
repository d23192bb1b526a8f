"""Every legal rule at every door: the refusal has its code, and the operator gets the one message that is allowed."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest
from django.db import connections

from compliance.models import Template
from kernel.db.tenancy import tenant_context
from messaging.statuses import Status
from messaging.tests.dispatching import Scene, play
from tests.doors.cases import ALLOWED, MISMATCH, REFUSED, Case
from tests.doors.ways import DOORS, Door

pytestmark = pytest.mark.django_db(transaction=True)
# What never comes as far as the rules, and what the door says instead.
EARLIER: Final = {
    "send page": {
        "header in review": "asked_again",
        "template in review": "asked_again",
        "value too long": "asked_again",
    },
    "campaign": {
        "header in review": "not_found",
        "template in review": "not_found",
        "entity suspended": "stopped_by_compliance",
        "template suspended": "stopped_by_compliance",
    },
}


def knock(scene: Scene, door: Door, case: Case) -> str:
    """In a thread of its own, as requests are; the loop goes on."""
    try:
        with tenant_context(scene.world.tenant_id):
            template = Template.objects.select_related("sender").get(pk=case.prepare().pk)
        return door.knock(scene.world, case, template)
    finally:
        connections.close_all()


@pytest.mark.parametrize("name", DOORS)
def test_the_operator_gets_what_is_allowed_and_nothing_else(name: str) -> None:
    door = DOORS[name]
    refused = [*REFUSED, MISMATCH] if door.takes_texts else [*REFUSED]

    async def story(scene: Scene) -> None:
        told = {case.name: await asyncio.to_thread(knock, scene, door, case) for case in [*refused, ALLOWED]}
        assert told == {case.name: case.code for case in [*refused, ALLOWED]} | EARLIER.get(name, {})
        await scene.start()
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED) == 1)
        assert [taken.pdu.destination_addr for taken in scene.smsc.centre.received] == [ALLOWED.recipient[1:]]
        assert set(scene.statuses()) == {Status.BLOCKED, Status.DELIVERED}

    play(story)
