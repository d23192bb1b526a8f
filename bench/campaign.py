"""A campaign from the tick that finds it due to the last receipt stored: messages per second.

    make bench-campaign             COUNT=200000 by default

Every rule, price and settlement is in it; the sink is `manage.py smsc`, or SINK=host:port.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from bench.harness import (
    books_are_exact,
    connect,
    installation,
    platform_connection,
    point_routes_at_sink,
    pss_mb,
    report,
)
from tests.fixtures.stack import Stack
from tests.waiting import until

COUNT: Final = int(os.environ.get("COUNT", "200000"))
CHUNK: Final = 10_000
DONE_WITHIN_S: Final = 1_800.0
# With a receipt: a sink of one's own may well report failures too.
_ANSWERED_SQL: Final = (
    "SELECT count(*) FROM messages WHERE campaign_id = %s"
    " AND (status IN (50, 60) OR status IN (61, 62) AND starts_with(operator_code, 'stat:'))"
)
# The event log says it with a row for hundreds of messages: to count messages would take a core from what is measured.
_DONE_SQL: Final = "SELECT coalesce(sum(messages), 0)::int FROM message_events WHERE campaign_id = %s AND outcome >= 50"


def prepare(slug: str, count: int = COUNT) -> tuple[UUID, UUID]:
    """The audience and a complete draft of the campaign; returns the tenant's and the campaign's id."""
    from audit.services import SYSTEM
    from campaigns.services.composing import Schedule, create_campaign, set_audience, set_message, set_schedule
    from campaigns.services.contacts import create_contacts, create_list
    from compliance.models import Template
    from kernel.db.tenancy import platform_context, tenant_context
    from kernel.domain.clock import utc_now
    from tenants.models import Tenant

    with platform_context(reason="benchmark"):
        tenant_id = Tenant.objects.get(slug=slug).id
    now = utc_now()
    with tenant_context(tenant_id):
        people = create_list(name="Benchmark", actor=SYSTEM, now=now, columns=["order", "time"])
    for first in range(0, count, CHUNK):
        with tenant_context(tenant_id):
            create_contacts(people=list(audience(first, min(first + CHUNK, count))), list_id=people.id, now=now)
    with tenant_context(tenant_id):
        template = Template.objects.get(name="Order dispatched", version=1)
        campaign = create_campaign(name="Benchmark", zone="Asia/Kolkata", actor=SYSTEM, now=now)
        set_audience(campaign_id=campaign.id, name="Benchmark", list_ids=[people.id])
        columns = [{"column": name} for name in ("name", "order", "time")]
        set_message(campaign_id=campaign.id, template_id=template.id, mapping=columns)
        set_schedule(campaign_id=campaign.id, schedule=Schedule(None, None, "Asia/Kolkata"), now=now)
    return tenant_id, campaign.id


def phone(number: int) -> str:
    """Numbers in a row without the hundred in a million that ask the simulator for trouble (docs/smsc-simulator.md)."""
    million, rest = divmod(number, 999_900)
    return f"+9199{million * 1_000_000 + rest + (100 if rest >= 909_000 else 0):08}"


def audience(first: int, last: int) -> Iterator[Any]:
    from campaigns.services.contacts import Person
    from kernel.telecom.e164 import E164

    for number in range(first, last):
        attributes = {"order": f"A-{number}", "time": f"{number % 12 + 1} pm"}
        yield Person(phone=E164(phone(number)), name=f"Name{number % 977}", attributes=attributes)


def launch(tenant_id: UUID, campaign_id: UUID) -> None:
    from audit.services import SYSTEM
    from campaigns.services.composing import launch as launch_campaign
    from kernel.db.tenancy import tenant_context
    from kernel.domain.clock import utc_now

    with tenant_context(tenant_id):
        launch_campaign(campaign_id=campaign_id, actor=SYSTEM, now=utc_now())


def frozen_at(stack: Stack, campaign_id: UUID) -> bool:
    sql = "SELECT 1 FROM campaigns_run WHERE campaign_id = %s AND target > 0"
    return bool(stack.rows(sql, [campaign_id]))


def main() -> None:
    with installation() as stack:
        connect(stack)
        point_routes_at_sink()
        tenant_id, campaign_id = prepare(stack.demo["tenants"][0]["slug"])
        launch(tenant_id, campaign_id)
        until(lambda: frozen_at(stack, campaign_id), 120)
        began = time.perf_counter()
        with platform_connection(stack) as database:
            until(lambda: database.execute(_DONE_SQL, [campaign_id]).fetchone() == (COUNT,), DONE_WITHIN_S)
        seconds = time.perf_counter() - began
        memory = pss_mb(stack)
        answered = stack.rows(_ANSWERED_SQL, [campaign_id])[0][0]
        exact = books_are_exact(stack)
    result = {
        "bench": "campaign",
        "per_s": round(COUNT / seconds),
        "count": COUNT,
        "missing": COUNT - answered,
        "books_exact": exact,
        "pss_mb": memory,
    }
    base = {"floor": "floor", "kannel": "kannel", "kannel_pg": "kannel_pg"}
    report(result, measure="per_s", base=base, is_complete=exact and answered == COUNT)


if __name__ == "__main__":
    main()
