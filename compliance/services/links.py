"""The links, numbers and addresses that an entity has whitelisted for its texts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.services import Actor, record
from compliance.errors import NotFound
from compliance.identifiers import bare_header
from compliance.link_forms import parse_link
from compliance.models import Entity, Link
from compliance.rules.versions import touch
from compliance.services.portal import Told, portal_facts, take_down
from compliance.statuses import LinkKind


def record_link(
    *,
    entity_id: UUID,
    kind: LinkKind,
    value: str,
    told: Told,
    actor: Actor,
    now: datetime,
    header: str = "",
    registration_id: str = "",
) -> Link:
    """Take down a registered link or number, or what became of it; one row per entity, kind and value.

    Args:
        header: of a short link only, whose path carries it and which is lost with it.

    Raises:
        InvalidLink: it has not the form of its kind.
        InvalidValidity: it would end before it begins.
        NotFound: no such entity.
    """
    bound = bare_header(header) if kind is LinkKind.SHORT else ""
    registered = parse_link(kind, value, bound)
    with transaction.atomic():
        entity = Entity.objects.select_for_update().filter(pk=entity_id).first()
        if entity is None:
            raise NotFound("entity")
        link = Link.objects.filter(entity=entity, kind=kind, value=registered).first()
        before = _audited(link) if link else None
        link = link or Link(entity=entity, kind=kind, value=registered, created_at=now)
        link.header, link.registration_id, link.changed_at = bound, registration_id.strip(), now
        take_down(link, told, now)
        link.save()
        record(
            action="link.record",
            actor=actor,
            object_type="link",
            object_id=link.pk,
            summary=f"Recorded the {link.get_kind_display()} {link}: {link.portal_state}",
            before=before,
            after=_audited(link),
            now=now,
        )
        touch()
    return link


def _audited(link: Link) -> dict[str, object]:
    return {
        "kind": str(link.kind),
        "value": link.value,
        "header": link.header,
        "registration_id": link.registration_id,
        **portal_facts(link),
    }
