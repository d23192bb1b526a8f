"""Reading the trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Collate

from audit.models import Entry, Seal
from audit.services import PLATFORM
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.ids import uuid7_floor


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry, as it was and as it became; None where it did not exist."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for in a trail; what is empty does not restrict.

    Args:
        action: the beginning of one: "template." finds all that happened to templates.
        text: how the summary begins; capitals count.
        since: the first instant.
        until: the instant behind the last.
    """

    actor_id: UUID | None = None
    action: str = ""
    object_type: str = ""
    object_id: UUID | None = None
    text: str = ""
    ip: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, str]:
        """What restricts, as words."""
        held = {each.name: getattr(self, each.name) for each in fields(self)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in held.items()
            if value
        }

    @classmethod
    def from_json(cls, said: Mapping[str, str]) -> Search:
        read: dict[str, Callable[[str], Any]] = {
            "actor_id": UUID,
            "object_id": UUID,
            "since": datetime.fromisoformat,
            "until": datetime.fromisoformat,
        }
        return cls(**{name: read.get(name, str)(value) for name, value in said.items()})


EVERYTHING: Final = Search()
# Behind everything that begins with a prefix, in the order of code points.
_BEHIND: Final = "\U0010ffff"
# From one action to the next by the index: as many steps as there are actions, however long the trail is.
_ACTIONS_SQL: Final = """
    WITH RECURSIVE step AS (
        (SELECT action FROM audit_entry WHERE tenant_id = %(tenant)s ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (SELECT e.action FROM audit_entry e WHERE e.tenant_id = %(tenant)s AND e.action > step.action
                ORDER BY e.action LIMIT 1)
        FROM step WHERE step.action IS NOT NULL
    ) SELECT action FROM step WHERE action IS NOT NULL
"""


def entries(search: Search = EVERYTHING) -> QuerySet[Entry]:
    """The current tenant's trail, unordered (kernel.web.pagination orders by id)."""
    same = {"actor_id": search.actor_id, "object_type": search.object_type, "object_id": search.object_id}
    rows = Entry.objects.filter(**{name: value for name, value in same.items() if value})
    for name, prefix in (("action", search.action), ("summary", search.text)):
        if prefix:
            # Ranges in the order of code points: LIKE is not leakproof, so row-level security keeps it off indexes.
            rows = rows.alias(**{f"c_{name}": Collate(name, "C")})
            rows = rows.filter(**{f"c_{name}__gte": prefix, f"c_{name}__lt": prefix + _BEHIND})
    if search.ip:
        rows = rows.filter(ip=search.ip)
    # Ids are made when entries are, so a stretch of time is one of the key.
    if search.since:
        rows = rows.filter(pk__gte=uuid7_floor(search.since))
    if search.until:
        rows = rows.filter(pk__lt=uuid7_floor(search.until))
    return rows.prefetch_related("seals")


def known_actions() -> list[str]:
    """What was ever done in the current tenant's trail."""
    with scoped_connection().cursor() as cursor:
        cursor.execute(_ACTIONS_SQL, {"tenant": current_tenant_id()})
        return [action for (action,) in cursor.fetchall()]


def platform_entries(*, object_type: str = "", number: int | None = None) -> QuerySet[Entry]:
    """The platform's own trail, unordered; for a platform context."""
    seals = Prefetch("seals", Seal.objects.filter(tenant_id=PLATFORM))
    rows = Entry.objects.filter(tenant_id=PLATFORM).prefetch_related(seals)
    if object_type:
        rows = rows.filter(object_type=object_type)
    return rows if number is None else rows.filter(object_id=UUID(int=number))


def changes(entry: Entry) -> list[Change]:
    """The fields an entry speaks of, in their order, removed ones last."""
    before, after = entry.before or {}, entry.after or {}
    names = [*after, *(name for name in before if name not in after)]
    return [Change(name.replace("_", " "), before.get(name), after.get(name)) for name in names]
