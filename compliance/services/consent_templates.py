"""The registered words in which an entity asks people for their consent."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from audit.services import Actor, record
from compliance.errors import NameTaken, NotFound
from compliance.identifiers import IdKind, parse_dlt_id
from compliance.models import ConsentTemplate, Entity
from compliance.rules.versions import touch
from compliance.services.portal import Told, portal_facts, take_down


def record_consent_template(
    *,
    entity_id: UUID,
    name: str,
    brand: str,
    scope: str,
    told: Told,
    actor: Actor,
    now: datetime,
    dlt_consent_id: str = "",
) -> ConsentTemplate:
    """Take down a consent template, or what became of it; one row per entity and name.

    Args:
        brand: whom people give their consent to, in the name they know.
        scope: what they agree to receive, in the words they were shown.

    Raises:
        InvalidDltId: the id cannot be one.
        InvalidValidity: it would end before it begins.
        NameTaken: another consent template has this id.
        NotFound: no such entity.
    """
    value = parse_dlt_id(dlt_consent_id, IdKind.CONSENT).value if dlt_consent_id.strip() else ""
    with transaction.atomic():
        entity = Entity.objects.select_for_update().filter(pk=entity_id).first()
        if entity is None:
            raise NotFound("entity")
        standing = ConsentTemplate.objects.filter(entity=entity, name=name.strip()).first()
        before = _audited(standing) if standing else None
        template = standing or ConsentTemplate(entity=entity, name=name.strip(), created_at=now)
        template.brand, template.scope, template.dlt_consent_id = brand.strip(), scope.strip(), value
        template.changed_at = now
        take_down(template, told, now)
        _save(template)
        record(
            action="consent_template.record",
            actor=actor,
            object_type="consenttemplate",
            object_id=template.pk,
            summary=f"Recorded the consent template {template}: {template.portal_state}",
            before=before,
            after=_audited(template),
            now=now,
        )
        touch()
    return template


def _save(template: ConsentTemplate) -> None:
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        if "compliance_consenttemplate_dlt_id" not in str(error):
            raise
        raise NameTaken(
            "registration_exists",
            f"Another consent template has the id {template.dlt_consent_id}.",
            "Compare the id with the portal: every consent template has one of its own.",
            field="dlt_consent_id",
        ) from error


def _audited(template: ConsentTemplate) -> dict[str, object]:
    return {
        "name": template.name,
        "brand": template.brand,
        "scope": template.scope,
        "dlt_consent_id": template.dlt_consent_id,
        **portal_facts(template),
    }
