"""Makers of the register's records for tests, by the services."""

from __future__ import annotations

from collections.abc import Sequence

from compliance import services
from compliance.models import Chain, ConsentTemplate, Entity, Link, Telemarketer
from compliance.services.portal import Told
from compliance.statuses import LinkKind, PortalState, TelemarketerRole
from compliance.tests.builders import NOW, WRITER, dlt_id, make_entity

ACTIVE = Told(PortalState.ACTIVE)


def make_telemarketer(entity: Entity | None = None, *, number: str = "", told: Told = ACTIVE) -> Telemarketer:
    return services.record_telemarketer(
        entity_id=(entity or make_entity()).pk,
        telemarketer_id=number or dlt_id("02"),
        name="Swift Carriers",
        role=TelemarketerRole.DELIVERY,
        told=told,
        actor=WRITER,
        now=NOW,
    )


def make_chain(entity: Entity | None = None, *, ids: Sequence[str] | None = None, told: Told | None = ACTIVE) -> Chain:
    entity = entity or make_entity()
    ids = [make_telemarketer(entity).telemarketer_id] if ids is None else ids
    return services.create_chain(entity_id=entity.pk, telemarketer_ids=ids, told=told, actor=WRITER, now=NOW)


def make_link(
    value: str = "https://acme.example/track",
    kind: LinkKind = LinkKind.STATIC,
    *,
    entity: Entity | None = None,
    header: str = "",
    told: Told = ACTIVE,
) -> Link:
    entity_id = (entity or make_entity()).pk
    return services.record_link(
        entity_id=entity_id, kind=kind, value=value, header=header, told=told, actor=WRITER, now=NOW
    )


def make_consent_template(
    name: str = "Offers", *, entity: Entity | None = None, dlt_consent_id: str = ""
) -> ConsentTemplate:
    return services.record_consent_template(
        entity_id=(entity or make_entity()).pk,
        name=name,
        brand="Acme",
        scope="Offers of Acme, twice a month",
        dlt_consent_id=dlt_consent_id,
        told=ACTIVE,
        actor=WRITER,
        now=NOW,
    )
