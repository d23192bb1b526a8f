"""What the person said is heard at every door: nothing goes out while they want none, and it does once they say so."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from django.db import connections

from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.models import Template
from compliance.services.consent import Proof, record_consent
from compliance.tests.builders import WRITER
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.telecom.e164 import E164
from messaging.services.inbound import Heard, keep_messages
from messaging.statuses import Status
from messaging.tests.dispatching import Scene, play
from tests.doors.cases import ON_REGISTER, SAID_STOP, Case, opted_out, preference_blocks
from tests.doors.ways import DOORS, Door

pytestmark = pytest.mark.django_db(transaction=True)
STOPPED = Case("stopped", "opted_out", SAID_STOP, opted_out)
REGISTERED = Case("registered", "preference_blocked", ON_REGISTER, preference_blocks)


def templates_of(scene: Scene) -> list[tuple[Case, Template]]:
    with tenant_context(scene.world.tenant_id):
        made = [(case, case.prepare()) for case in (STOPPED, REGISTERED)]
        return [(case, Template.objects.select_related("sender").get(pk=template.pk)) for case, template in made]


def say_so(scene: Scene, header: str) -> None:
    """START from one handset, consent of the other person, proven."""
    keep_messages([Heard(scene.world.route.pk, SAID_STOP[1:], f"VM-{header}-S", "START")], now=utc_now())
    with tenant_context(scene.world.tenant_id):
        record_consent(
            recipient=E164(ON_REGISTER),
            action=ConsentAction.GIVEN,
            proof=Proof(ConsentSource.FORM, utc_now(), evidence="form 4711"),
            actor=WRITER,
            now=utc_now(),
        )


def told(scene: Scene, door: Door) -> tuple[list[str], list[str]]:
    """What the door says before and after people said what they want."""
    try:
        cases = templates_of(scene)
        before = [door.knock(scene.world, case, template) for case, template in cases]
        say_so(scene, cases[0][1].sender.header)
        again = [(replace(case, name=f"{case.name} again"), template) for case, template in cases]
        return before, [door.knock(scene.world, case, template) for case, template in again]
    finally:
        connections.close_all()


@pytest.mark.parametrize("name", DOORS)
def test_start_and_consent_release_what_was_refused(name: str) -> None:
    async def story(scene: Scene) -> None:
        before, after = await asyncio.to_thread(told, scene, DOORS[name])
        await scene.start()
        await scene.until(lambda: scene.statuses().get(Status.DELIVERED, 0) >= 1)
        # The promotion may wait for its hours; at the wire nothing is but what was released.
        assert before == ["opted_out", "preference_blocked"]
        assert [code for code in after if code not in ("", "None")] == []
        assert scene.statuses()[Status.BLOCKED] == 2
        sent = [taken.pdu.destination_addr for taken in scene.smsc.centre.received]
        assert sent.count(SAID_STOP[1:]) == 1
        assert set(sent) <= {SAID_STOP[1:], ON_REGISTER[1:]}

    play(story)
