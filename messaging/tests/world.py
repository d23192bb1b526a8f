"""A tenant that can send: wallet, approved sender and template, a rate for India, one route and a plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from billing.models import ChargedOn
from billing.tests.builders import make_card, make_rate, make_wallet
from compliance.tests.builders import make_sender, make_template
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from messaging.drafts import Draft, Outcome
from messaging.services.accept import accept
from messaging.statuses import Source
from routing.models import Route
from routing.plan import CompiledPlan
from routing.services.plans import RuleDraft, save_plan
from routing.services.routes import RouteDraft, RouteTerms, create_route
from routing.statuses import RouteState
from tenants.services import create_token
from tenants.tests.builders import make_tenant

UNIT: Final = 150_000
HEADER: Final = "ACMEIN"
BODY: Final = "Dear {#var#}, your order {#var#} is on its way. -ACME"
TEXT: Final = "Dear Asha, your order 4711 is on its way. -ACME"
ASHA: Final = "+919876543210"
RAVI: Final = "+919876543211"


@dataclass(frozen=True, slots=True)
class World:
    tenant_id: UUID
    template_id: UUID
    route: Route
    token: str

    def accept(self, *drafts: Draft, now: datetime | None = None, **kwargs: Any) -> list[Outcome]:
        with tenant_context(self.tenant_id):
            return accept(drafts=drafts, source=Source.API, now=now or utc_now(), **kwargs)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"}


def make_world(*, rupees: int = 1000, charged_on: ChargedOn = ChargedOn.SUBMIT, **route: Any) -> World:
    """Everything a message needs, in a tenant of its own; the plan is the installation's one."""
    tenant = make_tenant()
    card = make_card()
    make_rate(card, "91", UNIT)
    with tenant_context(tenant.id):
        make_wallet(rupees, rate_card=card, charged_on=charged_on)
        template = make_template(BODY, sender=make_sender(HEADER))
        _, token = create_token(name="Tests", by=None)
    return World(tenant.id, template.id, make_route(**route), token)


def make_route(name: str = "Operator", *, kind: str = "simulator", **terms: Any) -> Route:
    """An enabled route that every message takes."""
    settings = terms.pop("settings", {})
    with platform_context(reason="test: routes are the platform's"):
        found = Route.objects.filter(name=name).first()
        if found is None:
            given = RouteTerms(**{"tps": 0, "window": 100, "cost_micros": 90_000, **terms})
            draft = RouteDraft(name=name, kind=kind, settings=settings, secrets={"password": "secret"}, terms=given)
            found = create_route(draft=draft, state=RouteState.ENABLED)
            save_plan(rules=[RuleDraft(route_ids=[found.pk])])
        CompiledPlan.forget()
        return found


def draft(recipient: str = ASHA, text: str | None = TEXT, **fields: Any) -> Draft:
    return Draft(recipient=recipient, sender=fields.pop("sender", HEADER), text=text, **fields)
