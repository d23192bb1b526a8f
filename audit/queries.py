"""Reading the trail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from audit.models import Entry, Seal
from audit.services import PLATFORM


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
