"""Who a campaign goes to: the people of its lists, each once, in the order of their ids; frozen in numbered chunks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from campaigns.models import AudienceList, Campaign, Run
from campaigns.statuses import ChunkState
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id

CHUNK_SIZE: Final = 2_000
PAGE: Final = 5_000

# Everything stays in the database: a million people are 500 rows of 32 KB, and none of them passes through us.
_FREEZE_SQL: Final = """
WITH people AS (
    SELECT DISTINCT contact_id FROM campaigns_membership WHERE tenant_id = %s AND contact_list_id = ANY(%b::uuid[])
),
numbered AS (
    SELECT contact_id, (row_number() OVER (ORDER BY contact_id) - 1) / %s::bigint AS number FROM people
),
grouped AS (SELECT number, array_agg(contact_id ORDER BY contact_id) AS ids FROM numbered GROUP BY number)
INSERT INTO campaigns_chunk (tenant_id, id, run_id, number, first_position, first_contact_id, last_contact_id,
    contact_ids, size, state)
SELECT %s, gen_random_uuid(), %s, number, number * %s::bigint, ids[1], ids[cardinality(ids)], ids, cardinality(ids), %s
FROM grouped
RETURNING size"""
_COUNT_SQL: Final = """
SELECT count(DISTINCT contact_id) FROM campaigns_membership
WHERE tenant_id = %s AND contact_list_id = ANY(%b::uuid[])"""
_PAGE_SQL: Final = """
SELECT c.id, c.phone, c.name, c.attributes::text
FROM (
    SELECT DISTINCT contact_id FROM campaigns_membership
    WHERE tenant_id = %s AND contact_list_id = ANY(%b::uuid[]) AND contact_id > %s
    ORDER BY contact_id LIMIT %s
) m JOIN campaigns_contact c ON c.tenant_id = %s AND c.id = m.contact_id
ORDER BY c.id"""
# By primary key, one probe a person; the keys of attributes are parameters.
_CHUNK_SQL: Final = """
SELECT (u.position - 1)::int4, c.phone, c.name{}
FROM campaigns_chunk k
CROSS JOIN LATERAL unnest(k.contact_ids) WITH ORDINALITY AS u (contact_id, position)
JOIN campaigns_contact c ON c.tenant_id = k.tenant_id AND c.id = u.contact_id
WHERE k.tenant_id = %s AND k.id = %s AND c.tenant_id = %s
ORDER BY u.position"""
_FIRST: Final = UUID(int=0)

ContactRow = tuple[UUID, str, str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class People:
    """Contacts by columns, one row each.

    Args:
        positions: in the chunk they were frozen in, or in the page they were read with.
        attributes: values by key, for the keys that were asked for; None where a contact has none.
    """

    positions: Sequence[int]
    phones: Sequence[str]
    names: Sequence[str]
    attributes: Mapping[str, Sequence[str | None]]

    @classmethod
    def of(cls, rows: Sequence[ContactRow], keys: Iterable[str]) -> People:
        """The same of contacts that were read whole."""
        attributes = {key: [_text(row[3].get(key)) for row in rows] for key in keys}
        return cls(range(len(rows)), [row[1] for row in rows], [row[2] for row in rows], attributes)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def list_ids_of(campaign: Campaign) -> list[UUID]:
    return list(
        AudienceList.objects.filter(campaign=campaign)
        .order_by("contact_list_id")
        .values_list("contact_list_id", flat=True)
    )


def audience_size(list_ids: Sequence[UUID]) -> int:
    """People on these lists, those on several counted once."""
    if not list_ids:
        return 0
    with bulk_cursor() as cursor:
        cursor.execute(_COUNT_SQL, [current_tenant_id(), list(list_ids)])
        (size,) = cursor.fetchone() or (0,)
    return int(size)


def audience_page(list_ids: Sequence[UUID], *, after: UUID = _FIRST, limit: int = PAGE) -> list[ContactRow]:
    """The next people behind a contact id: id, number, name, attributes."""
    tenant_id = current_tenant_id()
    with bulk_cursor() as cursor:
        cursor.execute(_PAGE_SQL, [tenant_id, list(list_ids), after, limit, tenant_id])
        return [(ident, phone, name, json.loads(attributes)) for ident, phone, name, attributes in cursor.fetchall()]


def audience_pages(list_ids: Sequence[UUID], *, limit: int = PAGE) -> Iterator[list[ContactRow]]:
    """All people, a page at a time; only for audiences that one short transaction can read."""
    after = _FIRST
    while list_ids and (rows := audience_page(list_ids, after=after, limit=limit)):
        yield rows
        after = rows[-1][0]


def freeze_audience(run: Run, list_ids: Sequence[UUID]) -> tuple[int, int]:
    """Write the run's chunks; returns people and chunks."""
    tenant_id = current_tenant_id()
    parameters = [tenant_id, list(list_ids), CHUNK_SIZE, tenant_id, run.id, CHUNK_SIZE, ChunkState.PENDING.value]
    with bulk_cursor() as cursor:
        cursor.execute(_FREEZE_SQL, parameters)
        sizes = [size for (size,) in cursor.fetchall()]
    return sum(sizes), len(sizes)


def people_of_chunk(chunk_id: UUID, keys: Sequence[str]) -> People:
    """Who is left of a chunk, in its order, with these attributes: their ids stay in the database."""
    tenant_id = current_tenant_id()
    wanted = "".join(", c.attributes ->> %s" for _ in keys)
    with bulk_cursor() as cursor:
        cursor.execute(_CHUNK_SQL.format(wanted).encode(), [*keys, tenant_id, chunk_id, tenant_id])
        rows = cursor.fetchall()
    positions, phones, names, *attributes = zip(*rows, strict=True) if rows else ((), (), (), *((),) * len(keys))
    return People(positions, phones, names, dict(zip(keys, attributes, strict=True)))
