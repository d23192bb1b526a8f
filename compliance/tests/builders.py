"""Makers of compliance data for tests, all by the services: what they make could have been made by people."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Final
from uuid import UUID

from audit.services import Actor
from compliance import services
from compliance.models import Entity, Sender, Template
from compliance.rules import Screening
from compliance.services.templates import TemplateDraft
from compliance.statuses import Category, PortalState, SenderKind
from compliance.tags import Variable

NOW: Final = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
WRITER: Final = Actor(UUID("01900000-0000-7000-8000-000000000001"), "Maya Writer")
REVIEWER: Final = Actor(UUID("01900000-0000-7000-8000-000000000002"), "Omar Reviewer")
ASHA: Final = "+919876543210"
ABROAD: Final = "+447700900123"
BODY: Final = "Dear {#var#}, your order {#var#} is on its way. -ACME"

_numbers = count(1)


def dlt_id(kind: str = "07") -> str:
    return f"11{kind}1776601819{next(_numbers):05d}"


def make_entity(*, dlt_entity_id: str | None = None) -> Entity:
    number = dlt_id("01") if dlt_entity_id is None else dlt_entity_id
    return services.create_entity(legal_name="Acme Retail Ltd", dlt_entity_id=number, actor=WRITER, now=NOW)


def make_sender(
    header: str = "ACMEIN",
    *,
    entity: Entity | None = None,
    kind: SenderKind = SenderKind.ALPHA,
    is_approved: bool = True,
    portal_state: PortalState | None = PortalState.ACTIVE,
) -> Sender:
    entity = entity or make_entity()
    sender = services.create_sender(header=header, kind=kind, entity_id=entity.id, actor=WRITER, now=NOW)
    if is_approved:
        services.submit(item=sender, actor=WRITER, now=NOW)
        services.approve(item=sender, actor=REVIEWER, now=NOW)
    if portal_state is not None:
        services.register_sender(sender_id=sender.id, portal_state=portal_state, actor=WRITER, now=NOW)
    return sender


def make_template(
    body: str = BODY,
    *,
    sender: Sender | None = None,
    name: str = "Order on its way",
    category: Category = Category.SERVICE,
    is_otp: bool = False,
    names: tuple[str, ...] | None = None,
    is_approved: bool = True,
    portal_state: PortalState | None = PortalState.ACTIVE,
) -> Template:
    sender = sender or make_sender()
    variables = None if names is None else [Variable(each) for each in names]
    draft = TemplateDraft(body, sender.id, category, is_otp, variables)
    template = services.create_template(name=name, draft=draft, actor=WRITER, now=NOW)
    if is_approved:
        services.submit(item=template, actor=WRITER, now=NOW)
        services.approve(item=template, actor=REVIEWER, now=NOW)
    if portal_state is not None:
        services.register_template(
            template_id=template.id, dlt_template_id=dlt_id(), portal_state=portal_state, actor=WRITER, now=NOW
        )
    return template


def screening(*recipients: str, senders: tuple[str, ...] = ("ACMEIN",), now: datetime = NOW) -> Screening:
    wanted = recipients or (ASHA, ABROAD)
    return Screening.load(senders=set(senders), template_ids=set(), recipients=list(wanted), now=now)
