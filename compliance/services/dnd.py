"""Preferences of registers, refreshed as a whole: the new reading counts from its commit, the old one until then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from audit.services import Actor, record
from compliance.consent.dnd import FILE, Preference, sources
from compliance.errors import InvalidDndFile
from compliance.models import DndList, DndNumber
from compliance.services.opt_outs import tell
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.telecom.numbers import NumberRefused, parse_number

_AT_ONCE: Final = 2_000


class Applied(NamedTuple):
    """A refreshed list; `unreadable` lines were left out, `examples` names some."""

    of_list: DndList
    unreadable: int
    examples: tuple[str, ...]


def apply_preferences(
    *, source: str, name: str, preferences: Iterable[Preference], region: str, actor: Actor, now: datetime
) -> Applied:
    """Replace what came from a source before, all or nothing. Numbers named twice block what either line says.

    Raises:
        InvalidDndFile: `no_numbers`; an empty file would let everything through.
    """
    blocked, unreadable = _read(preferences, region)
    if not blocked:
        raise InvalidDndFile(
            "no_numbers",
            "There is no readable number in this file.",
            "Upload one with a number in each line; to end the list, remove it instead.",
        )
    with transaction.atomic(using=scoped_connection().alias):
        fresh = DndList.objects.create(source=source, name=name[:120], numbers=len(blocked), created_at=now)
        for part in _parts(blocked):
            DndNumber.objects.bulk_create(
                DndNumber(of_list=fresh, recipient=number, blocked=bits) for number, bits in part
            )
        _remove(source, keep=[fresh])
        fresh.is_active = True
        fresh.save(update_fields=["is_active"])
        record(
            action="dnd.refresh",
            actor=actor,
            object_type="dndlist",
            object_id=fresh.pk,
            summary=f"Read {len(blocked)} preferences from “{fresh.name}”",
            after={"source": source, "numbers": len(blocked), "unreadable": len(unreadable)},
            now=now,
        )
        tell()
    return Applied(fresh, len(unreadable), tuple(unreadable[:5]))


def refresh_preferences(*, source: str, region: str, actor: Actor, now: datetime) -> Applied:
    """Read an installed source anew, as a whole; until it is read, and where it fails, what was there stays.

    Raises:
        InvalidDndFile: `unknown_source`, or the source cannot be read.
    """
    found = sources().get(source)
    if found is None or source == FILE:
        raise InvalidDndFile(
            "unknown_source",
            f"No source “{source[:40]}” is installed that can be read by itself.",
            "Install its package on every machine, or remove its register.",
        )
    tenant = {"tenant": str(current_tenant_id()), "region": region}
    return apply_preferences(
        source=source,
        name=found.label,
        preferences=found.preferences(tenant),
        region=region,
        actor=actor,
        now=now,
    )


def sources_in_use() -> list[str]:
    """Installed sources whose register this tenant has, files apart."""
    used = DndList.objects.filter(is_active=True).exclude(source=FILE).order_by("source")
    return [source for source in used.values_list("source", flat=True) if source in sources()]


def forget_preferences(*, source: str, actor: Actor, now: datetime) -> bool:
    """End the list of a source; whether there was one."""
    with transaction.atomic(using=scoped_connection().alias):
        standing = DndList.objects.filter(source=source, is_active=True).first()
        if standing is None:
            return False
        ended = standing.pk
        _remove(source)
        record(
            action="dnd.remove",
            actor=actor,
            object_type="dndlist",
            object_id=ended,
            summary=f"Removed the preferences from “{standing.name}”",
            before={"source": source, "numbers": standing.numbers},
            now=now,
        )
    return True


def _read(preferences: Iterable[Preference], region: str) -> tuple[dict[str, int], list[str]]:
    blocked: dict[str, int] = {}
    unreadable: list[str] = []
    for number, bits in preferences:
        try:
            recipient = parse_number(number, region=region)
        except NumberRefused:
            unreadable.append(number[:20])
            continue
        blocked[recipient] = blocked.get(recipient, 0) | bits
    return blocked, unreadable


def _remove(source: str, *, keep: Sequence[DndList] = ()) -> None:
    old = DndList.objects.filter(source=source).exclude(pk__in=[each.pk for each in keep])
    DndNumber.objects.filter(of_list__in=old.values("pk")).delete()
    old.delete()


def _parts(blocked: dict[str, int]) -> Iterable[Iterable[tuple[str, int]]]:
    items = sorted(blocked.items())
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
