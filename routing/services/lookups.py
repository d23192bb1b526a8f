"""Sources of look-ups as staff keep them, and as campaigns ask them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.conf import settings

from audit.services import Actor, record_for_platform
from kernel.db.tenancy import platform_context
from kernel.telecom.e164 import E164
from routing.errors import LookupNameTaken
from routing.lookups import asking
from routing.lookups.contract import LookupConfig, LookupResult
from routing.lookups.registry import lookup
from routing.models import LookupSource
from routing.secrets import seal, unseal

_KEPT: Final = ("name", "per_second", "cost_micros", "price_micros", "currency", "keep_days", "is_active")


class Offer(NamedTuple):
    """What a tenant may know of the active source; money in micros of `currency`, per answer."""

    id: int
    name: str
    price_micros: int
    currency: str
    keep_days: int


@dataclass(frozen=True, slots=True)
class LookupDraft:
    """A source as a form or a seed describes it. `secrets` left out of an update stay as they are."""

    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    per_second: int = 10
    cost_micros: int = 0
    price_micros: int = 0
    currency: str = "INR"
    keep_days: int = 30
    is_active: bool = False


def save_source(
    *, draft: LookupDraft, actor: Actor, now: datetime, kind: str = "", source_id: int | None = None
) -> LookupSource:
    """Make a source of `kind`, or change one; an active one takes the place of whichever was.

    Raises:
        UnknownLookup: no such kind.
        LookupNameTaken: another source has the name.
    """
    with platform_context(reason="change a source of look-ups"):
        found = LookupSource.objects.select_for_update().filter(pk=source_id).first() if source_id else None
        source = found or LookupSource(kind=lookup(kind).kind)
        if LookupSource.objects.filter(name=draft.name).exclude(pk=source.pk).exists():
            raise LookupNameTaken(draft.name)
        before = _shown(source) if found else None
        if draft.is_active:
            LookupSource.objects.filter(is_active=True).exclude(pk=source.pk).update(is_active=False)
        for name in _KEPT:
            setattr(source, name, getattr(draft, name))
        source.settings = dict(draft.settings)
        if draft.secrets:
            source.secrets_encrypted = seal({**unseal(source.secrets_encrypted), **draft.secrets})
        source.save()
        record_for_platform(
            action="lookup.change" if found else "lookup.create",
            actor=actor,
            object_type="lookupsource",
            number=source.pk,
            summary=f"{'Changed' if found else 'Made'} the look-up {source.name}",
            before=before,
            after=_shown(source),
            now=now,
        )
    return source


def active_offer() -> Offer | None:
    """The active source as tenants may see it; None where numbers cannot be looked up."""
    row = LookupSource.objects.filter(is_active=True).values_list(*Offer._fields).first()
    return Offer(*row) if row else None


def ask_source(source_id: int, numbers: Sequence[E164]) -> list[LookupResult]:
    """One result for each number, in their order. Call outside contexts: no transaction waits for somebody else.

    Raises:
        LookupConfigProblem: the source's settings cannot work.
        SecretsUnreadable: see routing.secrets.
        LookupSource.DoesNotExist: it is gone.
    """
    with platform_context(reason="read how to look numbers up"):
        source = LookupSource.objects.get(pk=source_id)
    config = LookupConfig(
        source.name, source.settings, unseal(source.secrets_encrypted), allows_inside=not settings.IS_PRODUCTION
    )
    return asking.ask_all(lookup(source.kind), config, numbers, per_second=source.per_second)


def _shown(source: LookupSource) -> dict[str, Any]:
    return {name: getattr(source, name) for name in _KEPT}
