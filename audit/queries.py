"""Reading the trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from audit.models import Entry


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an entry, as it was and as it became; None where it did not exist."""

    name: str
    before: Any
    after: Any


def entries(
    *, actor_id: UUID | None = None, action: str = "", object_type: str = "", object_id: UUID | None = None
) -> QuerySet[Entry]:
    """The current tenant's trail, unordered (kernel.web.pagination orders by id); empty arguments do not restrict."""
    rows = Entry.objects.prefetch_related("seals")
    if actor_id:
        rows = rows.filter(actor_id=actor_id)
    if action:
        rows = rows.filter(action=action)
    if object_type:
        rows = rows.filter(object_type=object_type)
    if object_id:
        rows = rows.filter(object_id=object_id)
    return rows


def changes(entry: Entry) -> list[Change]:
    """The fields an entry speaks of, in their order, removed ones last."""
    before, after = entry.before or {}, entry.after or {}
    names = [*after, *(name for name in before if name not in after)]
    return [Change(name.replace("_", " "), before.get(name), after.get(name)) for name in names]
