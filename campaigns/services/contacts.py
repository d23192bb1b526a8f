"""Writing contacts by whole columns, whichever way they came in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from audit.services import Actor, record
from campaigns.errors import NameTaken, NotFound
from campaigns.models import ContactList
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.ids import uuid7s
from kernel.telecom.e164 import E164

# A name that is not given leaves the one we have; attributes are added to those we have.
_CONTACTS_SQL: Final = """
INSERT INTO campaigns_contact (tenant_id, id, phone, name, attributes, created_at)
SELECT %s, id, phone, name, attributes::jsonb, %s FROM unnest(%b::uuid[], %b::text[], %b::text[], %b::text[])
    AS g (id, phone, name, attributes)
ON CONFLICT (tenant_id, phone) DO UPDATE SET
    name = CASE WHEN excluded.name = '' THEN campaigns_contact.name ELSE excluded.name END,
    attributes = campaigns_contact.attributes || excluded.attributes
RETURNING id, phone"""
# What a statement reads is as it was before it: `known` tells whether somebody was on the list, and by which import.
_MEMBERS_SQL: Final = """
WITH given AS (SELECT * FROM unnest(%b::uuid[], %b::uuid[]) AS g (id, contact_id)),
known AS (
    SELECT m.import_id FROM campaigns_membership m JOIN given USING (contact_id)
    WHERE m.tenant_id = %s AND m.contact_list_id = %s
),
written AS (
    INSERT INTO campaigns_membership (tenant_id, id, contact_list_id, contact_id, import_id)
    SELECT %s, id, %s, contact_id, %s::uuid FROM given
    ON CONFLICT (tenant_id, contact_list_id, contact_id) DO UPDATE SET import_id = excluded.import_id
)
SELECT count(*), count(*) FILTER (WHERE import_id = %s::uuid) FROM known"""


@dataclass(frozen=True, slots=True)
class Person:
    """One contact as it came in; attributes hold text only."""

    phone: E164
    name: str
    attributes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """Who was new on the list, who stood there before, and who had come earlier in the same import."""

    ids: dict[str, UUID]
    added: int = 0
    already_listed: int = 0
    repeated: int = 0


def write_people(
    *, people: Sequence[Person], list_id: UUID | None, now: datetime, import_id: UUID | None = None
) -> Written:
    """Write people with distinct numbers, and put them on the list; those who are there already are brought up to date.

    Call in the tenant's context; some thousands at once are fastest.
    """
    if not people:
        return Written({})
    # One order of locks for all who write, or two imports of the same people would stop each other.
    rows = sorted(people, key=lambda person: person.phone)
    tenant_id = current_tenant_id()
    with transaction.atomic(using=scoped_connection().alias), bulk_cursor() as cursor:
        columns = [
            uuid7s(len(rows)),
            [person.phone for person in rows],
            [person.name for person in rows],
            [json.dumps(person.attributes, ensure_ascii=False) for person in rows],
        ]
        cursor.execute(_CONTACTS_SQL, [tenant_id, now, *columns])
        ids: dict[str, UUID] = {phone: ident for ident, phone in cursor.fetchall()}
        if list_id is None:
            return Written(ids)
        contact_ids = sorted(ids.values())
        parameters = [uuid7s(len(ids)), contact_ids, tenant_id, list_id, tenant_id, list_id, import_id, import_id]
        cursor.execute(_MEMBERS_SQL, parameters)
        known, repeated = cursor.fetchone() or (0, 0)
        added = len(ids) - known
        if added:
            ContactList.objects.filter(pk=list_id).update(size=F("size") + added)
    return Written(ids, added, known - repeated, repeated)


def create_list(*, name: str, actor: Actor, now: datetime, columns: Sequence[str] = ()) -> ContactList:
    """An empty list.

    Raises:
        NameTaken: the tenant has one of this name.
    """
    try:
        with transaction.atomic(using=scoped_connection().alias):
            made = ContactList.objects.create(name=name, columns=list(columns), created_at=now)
    except IntegrityError:
        raise NameTaken(name) from None
    record(
        action="list.create",
        actor=actor,
        object_type="contactlist",
        object_id=made.id,
        summary=f"Made the list “{name}”",
        now=now,
    )
    return made


def create_contacts(*, people: Sequence[Person], list_id: UUID | None, now: datetime) -> dict[str, UUID]:
    """Add people by hand or by API: number → id. A number given twice counts once, its last entry.

    Raises:
        NotFound: there is no such list.
    """
    with transaction.atomic(using=scoped_connection().alias):
        if list_id is not None:
            chosen = ContactList.objects.select_for_update().filter(pk=list_id).first()
            if chosen is None:
                raise NotFound("list")
            add_columns(chosen, [key for person in people for key in person.attributes])
        distinct = {person.phone: person for person in people}
        return write_people(people=list(distinct.values()), list_id=list_id, now=now).ids


def add_columns(chosen: ContactList, names: Sequence[str]) -> None:
    """Remember attributes that campaigns may now offer for this list."""
    columns = list(dict.fromkeys([*chosen.columns, *names]))
    if columns != chosen.columns:
        chosen.columns = columns
        chosen.save(update_fields=["columns"])
