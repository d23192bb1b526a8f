"""The compliance desk of the demo, through the services that its pages call. Every step may be repeated."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from audit.services import Actor
from compliance import services
from compliance.consent.dnd import FILE, Preference
from compliance.importing.job import run_import
from compliance.models import ConsentEvent, Entity, PortalImport, Sender, Telemarketer, Template
from compliance.portal_moves import Step
from compliance.services import imports
from compliance.services.consent import Proof
from compliance.services.portal import Told
from compliance.services.templates import TemplateDraft
from compliance.services.warnings import warn
from compliance.statuses import Category, PortalState, SenderKind, Suspension, Tenure
from config.demo import desk_cast as cast
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now

REGION: Final = "IN"


@dataclass(frozen=True, slots=True)
class People:
    owner: Actor
    writer: Actor
    reviewer: Actor


def ensure_desk(tenant_id: UUID, slug: str, people: People, now: datetime) -> None:
    """Fill a company's desk once; outside of its context, since an import commits as it goes."""
    desk = cast.DESKS[slug]
    with tenant_context(tenant_id):
        if not Telemarketer.objects.exists():
            _register(desk, people, now)
    if desk.new_chain:
        _busy_desk(tenant_id, people, now)


def _busy_desk(tenant_id: UUID, people: People, now: datetime) -> None:
    with tenant_context(tenant_id):
        if not Sender.objects.filter(header=cast.NUMERIC_HEADER).exists():
            _headers_and_templates(people, now)
        if not ConsentEvent.objects.exists():
            _people_say(people, now)
        is_imported = PortalImport.objects.exists()
    if not is_imported:
        waiting = _compare(tenant_id, "airtel-templates.csv", cast.WAITING_FILE, people.writer)
        with tenant_context(tenant_id):
            imports.apply_import(import_id=waiting, actor=people.writer, may_approve=False, now=utc_now())
        run_import(tenant_id=tenant_id, import_id=waiting, clock=utc_now)
        _compare(tenant_id, "airtel-templates-november.csv", cast.COMPARED_FILE, people.reviewer)
    with tenant_context(tenant_id):
        warn(now=now)


# --- the register -----------------------------------------------------------------------------------------------------


def _register(desk: cast.Desk, people: People, now: datetime) -> None:
    entity = Entity.objects.order_by("pk")[0]
    who = people.owner
    for each in cast.TELEMARKETERS:
        services.record_telemarketer(
            entity_id=entity.pk,
            telemarketer_id=each.ident,
            name=each.name,
            role=each.role,
            told=Told(each.state),
            actor=who,
            now=now,
        )
    for ids in desk.chains:
        told = Told(PortalState.ACTIVE)
        services.create_chain(entity_id=entity.pk, telemarketer_ids=ids, told=told, actor=who, now=now)
    if desk.new_chain:
        chain = services.create_chain(entity_id=entity.pk, telemarketer_ids=desk.new_chain, actor=who, now=now)
        services.move_chain(chain_id=chain.pk, step=Step.SUBMIT, actor=who, now=now)
    for link in desk.links:
        services.record_link(
            entity_id=entity.pk,
            kind=link.kind,
            value=link.value,
            header=link.header,
            told=Told(link.state, link.reason),
            actor=who,
            now=now,
        )
    for words in desk.consents:
        services.record_consent_template(
            entity_id=entity.pk,
            name=words.name,
            brand=entity.legal_name.removesuffix(" Private Limited"),
            scope=words.scope,
            dlt_consent_id=words.ident,
            told=Told(words.state),
            actor=who,
            now=now,
        )


# --- headers and templates --------------------------------------------------------------------------------------------


def _headers_and_templates(people: People, now: datetime) -> None:
    named = Sender.objects.get(header="AAROHI")
    numeric = _header(cast.NUMERIC_HEADER, SenderKind.NUMERIC, "Offers of the week", people.owner, now)
    services.submit(item=numeric, actor=people.writer, now=now)
    numeric.refresh_from_db()
    services.approve(item=numeric, actor=people.reviewer, now=now)
    services.register_sender(
        sender_id=numeric.pk,
        registration_id=cast.NUMERIC_HEADER_ID,
        told=Told(PortalState.ACTIVE, valid_from=now.date(), valid_to=(now + cast.ENDS_IN).date()),
        tenure=Tenure.TEMPORARY,
        actor=people.owner,
        now=now,
    )
    wanted = _header(cast.NEW_HEADER, SenderKind.ALPHA, "Messages of single shops", people.writer, now)
    services.submit(item=wanted, actor=people.writer, now=now)
    offer = _approved(cast.OFFER, cast.OFFER_BODY, numeric, Category.PROMOTIONAL, people, now)
    services.register_template(template_id=offer.pk, dlt_template_id=cast.OFFER_ID, actor=people.owner, now=now)
    idle = _approved(cast.IDLE, cast.IDLE_BODY, named, Category.SERVICE, people, now)
    services.register_template(
        template_id=idle.pk,
        dlt_template_id=cast.IDLE_ID,
        told=Told(PortalState.SUSPENDED, "Not used for 90 days", suspended_for=Suspension.USAGE),
        actor=people.owner,
        now=now,
    )
    returned = _submitted(cast.SENT_BACK, cast.SENT_BACK_BODY, named, Category.SERVICE, people, now)
    services.ask_changes(item=returned, actor=people.reviewer, now=now, note=cast.REMARK)


def _header(header: str, kind: SenderKind, purpose: str, who: Actor, now: datetime) -> Sender:
    entity = Entity.objects.order_by("pk")[0]
    return services.create_sender(header=header, kind=kind, entity_id=entity.pk, purpose=purpose, actor=who, now=now)


def _submitted(name: str, body: str, sender: Sender, category: Category, people: People, now: datetime) -> Template:
    draft = TemplateDraft(body, sender.pk, category)
    template = services.create_template(name=name, draft=draft, actor=people.writer, now=now)
    services.submit(item=template, actor=people.writer, now=now)
    template.refresh_from_db()
    return template


def _approved(name: str, body: str, sender: Sender, category: Category, people: People, now: datetime) -> Template:
    template = _submitted(name, body, sender, category, people, now)
    return services.approve(item=template, actor=people.reviewer, now=now)


def _compare(tenant_id: UUID, filename: str, rows: Sequence[Sequence[str]], who: Actor) -> UUID:
    """Upload a portal's export and have it compared, as a worker would at once."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cast.COLUMNS, *rows])
    with tenant_context(tenant_id):
        job = imports.receive_export(
            chunks=[text.getvalue().encode()],
            filename=filename,
            kind=PortalImport.Kind.TEMPLATES,
            review=PortalImport.ReviewChoice.SUBMIT,
            may_approve=False,
            actor=who,
            now=utc_now(),
        )
    run_import(tenant_id=tenant_id, import_id=job.pk, clock=utc_now)
    return job.pk


# --- what people said -------------------------------------------------------------------------------------------------


def _people_say(people: People, now: datetime) -> None:
    for word in cast.WORDS:
        at = now - timedelta(days=word.days_ago)
        proof = Proof(
            word.source,
            at,
            cast.WORDING,
            evidence=word.evidence,
            ip=word.ip,
            valid_until=at + timedelta(days=word.valid_days) if word.valid_days else None,
        )
        services.record_consent(
            recipient=word.recipient, action=word.action, proof=proof, actor=people.reviewer, now=now
        )
    for recipient, source, evidence in cast.OPT_OUTS:
        services.opt_out(recipient=recipient, source=source, evidence=evidence, actor=people.reviewer, now=now)
    services.apply_preferences(
        source=FILE,
        name="preferences-november.csv",
        preferences=[Preference(number, blocked) for number, blocked in cast.PREFERENCES],
        region=REGION,
        actor=people.reviewer,
        now=now,
    )
