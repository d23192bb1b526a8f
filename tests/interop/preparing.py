"""A tenant of an installation that sends through a stand-in: reads what it needs as JSON, prints the tenant's token.

Run with the environment of the installation: senders, templates, a route for each sender, and rules before the others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any


def prepare(slug: str, routes: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> dict[str, Any]:
    """Args: routes: `sender` and `settings` of each."""
    from billing.tests.builders import make_card, make_rate, make_wallet
    from compliance.tests.builders import make_entity, make_sender, make_template
    from kernel.db.tenancy import platform_context, tenant_context
    from kernel.domain.clock import utc_now
    from routing.models import Plan
    from routing.plan import RuleDraft, drafts_of
    from routing.services.plans import save_plan
    from tenants.services import create_tenant, create_token
    from tenants.tests.builders import make_user

    owner = make_user(f"{slug}@example.com")
    tenant = create_tenant(name=slug, slug=slug, owner=owner, now=utc_now())
    card = make_card()
    make_rate(card, "91", 150_000)
    with tenant_context(tenant.id):
        make_wallet(rate_card=card)
        entity = make_entity()
        for route in routes:
            sender = make_sender(route["sender"], entity=entity)
            for name, text in texts.items():
                make_template(text, name=f"{route['sender']} {name}", sender=sender)
        _, token = create_token(name="Interop", by=None)
    ids = {route["sender"]: _make_route(f"{slug} {route['sender']}", route["settings"]) for route in routes}
    rules = [RuleDraft([ids[name]], tenant_id=tenant.id, sender=name) for name in ids]
    with platform_context(reason="interop: the plan in force"):
        active = Plan.objects.get(is_active=True)
        others = drafts_of(active.pk)
    save_plan(rules=[*rules, *others])
    return {"token": token, "routes": ids}


def _make_route(name: str, settings: Mapping[str, Any]) -> int:
    from kernel.db.tenancy import platform_context
    from routing.services.routes import RouteDraft, RouteTerms, create_route
    from routing.statuses import RouteState
    from tests.interop.accounts import PASSWORD

    terms = RouteTerms(tps=0, window=20, binds=1, otp_binds=0, cost_micros=90_000)
    draft = RouteDraft(name=name, kind="smpp", settings=settings, secrets={"password": PASSWORD}, terms=terms)
    with platform_context(reason="interop: routes are the platform's"):
        return create_route(draft=draft, state=RouteState.ENABLED).pk


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(prepare(**json.load(sys.stdin))))
