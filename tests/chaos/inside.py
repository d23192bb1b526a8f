"""What staff and marketers do in a seed, as a process of the installation: `python -m tests.chaos.inside WHAT …`.

Prints one JSON line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

CHUNK: Final = 5_000
ZONE: Final = "Asia/Kolkata"
# Behind every validity and the grace for receipts.
LATER: Final = timedelta(days=6)
SETTLE_ROUNDS: Final = 20


def prepare(slug: str, other: str, window: str) -> dict[str, Any]:
    """Routes with this window, the other tenant charged on delivery, a complete campaign for each audience of stdin."""
    from billing.models import ChargedOn, Wallet
    from kernel.db.tenancy import platform_context, tenant_context
    from routing.models import Route

    with platform_context(reason="chaos"):
        Route.objects.update(window=int(window))
        windows = {
            "dispatch": sum(route.binds * route.window for route in Route.objects.all()),
            "dispatch-otp": sum(route.otp_binds * route.window for route in Route.objects.all()),
            "bind": int(window),
        }
    with tenant_context(_tenant_id(other)):
        Wallet.objects.update(charged_on=ChargedOn.DELIVERY)
    tenant_id = _tenant_id(slug)
    audiences = json.load(sys.stdin)
    campaigns = {name: str(_campaign(tenant_id, name, numbers)) for name, numbers in audiences.items()}
    return {"campaigns": campaigns, "windows": windows}


def launch(slug: str, *campaigns: str) -> dict[str, Any]:
    from audit.services import SYSTEM
    from campaigns.services.composing import launch as launch_campaign
    from kernel.db.tenancy import tenant_context
    from kernel.domain.clock import utc_now

    for campaign_id in campaigns:
        with tenant_context(_tenant_id(slug)):
            launch_campaign(campaign_id=UUID(campaign_id), actor=SYSTEM, now=utc_now())
    return {}


def cancel(slug: str, campaign_id: str) -> dict[str, Any]:
    from audit.services import SYSTEM
    from campaigns.services.control import cancel as cancel_campaign
    from kernel.db.tenancy import tenant_context
    from kernel.domain.clock import utc_now

    with tenant_context(_tenant_id(slug)):
        cancel_campaign(campaign_id=UUID(campaign_id), actor=SYSTEM, now=utc_now())
    return {}


def settle() -> dict[str, Any]:
    """What time does to messages of which nobody hears any more."""
    from kernel.domain.clock import utc_now
    from messaging.services.sweeping import settle_silent

    rounds = 0
    while settle_silent(utc_now() + LATER) and rounds < SETTLE_ROUNDS:
        rounds += 1
    return {"rounds": rounds}


def progress(slug: str, *campaigns: str) -> dict[str, Any]:
    """The bars of campaigns, as their pages have them."""
    from campaigns.models import Campaign, Run
    from campaigns.progress import progress_of
    from kernel.db.tenancy import tenant_context

    with tenant_context(_tenant_id(slug)):
        runs = {ident: Run.objects.filter(campaign_id=ident).first() for ident in campaigns}
        return {
            ident: progress_of(Campaign.objects.get(pk=ident), run).as_json() if run else {}
            for ident, run in runs.items()
        }


def _tenant_id(slug: str) -> UUID:
    from kernel.db.tenancy import platform_context
    from tenants.models import Tenant

    with platform_context(reason="chaos"):
        return Tenant.objects.get(slug=slug).id


def _campaign(tenant_id: UUID, name: str, numbers: list[str]) -> UUID:
    from audit.services import SYSTEM
    from campaigns.services.composing import Schedule, create_campaign, set_audience, set_message, set_schedule
    from campaigns.services.contacts import Person, create_contacts, create_list
    from compliance.models import Template
    from kernel.db.tenancy import tenant_context
    from kernel.domain.clock import utc_now
    from kernel.telecom.e164 import E164

    now = utc_now()
    with tenant_context(tenant_id):
        people = create_list(name=name, actor=SYSTEM, now=now, columns=["order", "time"])
    for first in range(0, len(numbers), CHUNK):
        some = [
            Person(phone=E164(to), name=f"Name{n}", attributes={"order": f"A-{n}", "time": "6 pm"})
            for n, to in enumerate(numbers[first : first + CHUNK], first)
        ]
        with tenant_context(tenant_id):
            create_contacts(people=some, list_id=people.id, now=now)
    with tenant_context(tenant_id):
        template = Template.objects.get(name="Order dispatched", version=1)
        campaign = create_campaign(name=name, zone=ZONE, actor=SYSTEM, now=now)
        set_audience(campaign_id=campaign.id, name=name, list_ids=[people.id])
        columns = [{"column": column} for column in ("name", "order", "time")]
        set_message(campaign_id=campaign.id, template_id=template.id, mapping=columns)
        set_schedule(campaign_id=campaign.id, schedule=Schedule(None, None, ZONE), now=now)
    return campaign.id


WHAT: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "prepare": prepare,
    "launch": launch,
    "cancel": cancel,
    "settle": settle,
    "progress": progress,
}


def main() -> None:
    os.environ["DAKIYA_LOGIN"] = "worker"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    what, *words = sys.argv[1:]
    sys.stdout.write(json.dumps(WHAT[what](*words)) + "\n")


if __name__ == "__main__":
    main()
