"""Building the demo through the same services that pages and API call. Every step may be repeated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from audit.services import Actor
from billing.models import LedgerEntry, Rate, RateCard, Wallet
from billing.services import open_wallet, top_up
from compliance import services as compliance
from compliance.models import Entity, Sender, Template
from compliance.services.templates import TemplateDraft
from compliance.statuses import SenderKind
from compliance.tags import Variable
from config.demo.cast import MICROS, PASSWORD, PEOPLE, PLATFORM_LOGIN, RATES, DemoTemplate, DemoTenant
from config.demo.desk import People, ensure_desk
from config.demo.desk_cast import DELHI_DELIVERY, MUMBAI_DELIVERY
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.traffic import TrafficClass
from routing.models import Plan, Route
from routing.services.plans import RuleDraft, save_plan
from routing.services.routes import RouteDraft, RouteTerms, create_route, update_route
from routing.statuses import RouteState
from tenants.models import Tenant, User
from tenants.roles import Role
from tenants.services import actor, add_member, create_tenant, create_user

CREDIT_MICROS: Final = 250_000 * MICROS
CARD: Final = "Standard"
# Name, account at the operator, cost of a segment, binds, telemarketer at the end of the chains. Receipts come to any
# bind of the account that sent, so two routes never share one.
BINDS: Final = {"bind_as": "transceiver", "passcodes_bind_as": "transmitter"}
ROUTES: Final = (
    ("Simulator Mumbai", "mumbai", 110_000, 4, MUMBAI_DELIVERY),
    ("Simulator Delhi", "delhi", 118_000, 2, DELHI_DELIVERY),
)


def ensure_user(email: str, full_name: str, *, is_staff: bool = False) -> User:
    found = User.objects.filter(email=email).first()
    if found is None:
        # Staff of the demo may open the admin too.
        found = create_user(
            email=email, password=PASSWORD, full_name=full_name, is_staff=is_staff, is_superuser=is_staff
        )
    return found


def ensure_platform() -> User:
    return ensure_user(PLATFORM_LOGIN, "Omkar Operator", is_staff=True)


def ensure_routes() -> None:
    """The simulator as two operators; its port may be another one than at the last start."""
    route_ids = []
    for name, account, cost, binds, telemarketer_id in ROUTES:
        draft = RouteDraft(
            name=name,
            kind="smpp",
            settings={
                "host": "127.0.0.1",
                "port": settings.SMSC_PORT,
                "system_id": account,
                "dlt_telemarketer_id": telemarketer_id,
                **BINDS,
            },
            secrets={"password": "simulate"},
            terms=RouteTerms(tps=0, window=500, binds=binds, otp_binds=1, cost_micros=cost),
        )
        found = Route.objects.filter(name=name).first()
        if found is None:
            found = create_route(draft=draft, state=RouteState.ENABLED)
        elif found.settings.get("port") != settings.SMSC_PORT:
            update_route(route_id=found.pk, draft=draft)
        route_ids.append(found.pk)
    if not Plan.objects.filter(is_active=True).exists():
        save_plan(rules=[RuleDraft(route_ids=route_ids)])


def ensure_card(now: datetime) -> RateCard:
    card, is_new = RateCard.objects.get_or_create(name=CARD)
    if is_new:
        for prefix, label, prices, scrub in RATES:
            for traffic_class, price in zip(reversed(TrafficClass), prices, strict=True):
                Rate.objects.create(
                    card=card,
                    prefix=prefix,
                    label=label,
                    traffic_class=traffic_class,
                    price_micros=price,
                    scrub_micros=scrub,
                    valid_from=now,
                )
    return card


def ensure_tenant(cast: DemoTenant, card: RateCard, now: datetime) -> Tenant:
    with platform_context(reason="find a demo tenant"):
        tenant = Tenant.objects.filter(slug=cast.slug).first()
    people = {role: ensure_user(cast.email(role), PEOPLE[role]) for role in cast.roles}
    owner = people[Role.OWNER]
    if tenant is None:
        tenant = create_tenant(name=cast.name, slug=cast.slug, owner=owner, now=now)
        with tenant_context(tenant.id):
            for role, person in people.items():
                if role != Role.OWNER:
                    add_member(user=person, role=role, by=owner, now=now)
    with tenant_context(tenant.id):
        _ensure_money(card, actor(owner), now)
        _ensure_compliance(cast, actor(owner), actor(people.get(Role.MARKETER, owner)), now)
    at_desk = (actor(people.get(role, owner)) for role in (Role.OWNER, Role.MARKETER, Role.COMPLIANCE))
    ensure_desk(tenant.id, cast.slug, People(*at_desk), now)
    return tenant


def _ensure_money(card: RateCard, who: Actor, now: datetime) -> None:
    if not Wallet.objects.exists():
        open_wallet(rate_card=card, now=now)
    if not LedgerEntry.objects.exists():
        top_up(
            amount_micros=CREDIT_MICROS, actor=who, note="Opening credit of the demo", idempotency_key="demo", now=now
        )


def _ensure_compliance(cast: DemoTenant, owner: Actor, writer: Actor, now: datetime) -> None:
    if Entity.objects.exists():
        return
    entity = compliance.create_entity(
        legal_name=f"{cast.name} Private Limited", dlt_entity_id=cast.entity_id, actor=owner, now=now
    )
    sender: Sender = compliance.create_sender(
        header=cast.header,
        kind=SenderKind.ALPHA,
        entity_id=entity.id,
        actor=owner,
        now=now,
        purpose="Orders and offers",
    )
    compliance.submit(item=sender, actor=owner, now=now)
    sender.refresh_from_db()
    compliance.approve(item=sender, actor=owner, now=now, may_approve_own=True)
    compliance.register_sender(sender_id=sender.id, registration_id=cast.header_id, actor=owner, now=now)
    for wanted in cast.templates:
        template = _template(wanted, sender.id, owner, now)
        compliance.submit(item=template, actor=owner, now=now)
        template.refresh_from_db()
        compliance.approve(item=template, actor=owner, now=now, may_approve_own=True)
        compliance.register_template(template_id=template.id, dlt_template_id=wanted.dlt_id, actor=owner, now=now)
    for wanted in cast.drafts:
        compliance.submit(item=_template(wanted, sender.id, writer, now), actor=writer, now=now)


def _template(wanted: DemoTemplate, sender_id: UUID, writer: Actor, now: datetime) -> Template:
    draft = TemplateDraft(
        body=wanted.body,
        sender_id=sender_id,
        category=wanted.category,
        is_otp=wanted.is_otp,
        variables=list(_variables(wanted)),
    )
    return compliance.create_template(name=wanted.name, draft=draft, actor=writer, now=now)


def _variables(wanted: DemoTemplate) -> Iterator[Variable]:
    return (Variable(name=name) for name in wanted.names)


def users_of(casts: tuple[DemoTenant, ...]) -> list[dict[str, Any]]:
    """The logins for var/demo.json: one per role, and the platform's."""
    people: list[dict[str, Any]] = [
        {"email": cast.email(role), "password": PASSWORD, "role": role.value, "tenant": cast.slug}
        for cast in casts
        for role in cast.roles
    ]
    return [*people, {"email": PLATFORM_LOGIN, "password": PASSWORD, "role": "platform", "tenant": None}]
