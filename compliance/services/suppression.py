"""Opt-outs that nobody asked for: numbers that failed for good are not written to, by whatever door.

They stand beside those of people and are kept apart by their source. They say nothing about consent, so neither making
nor lifting them leaves an event in anybody's consent (docs/rules.md#list-hygiene).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from compliance.models import OptOut
from compliance.services.opt_outs import EVIDENCE_MAX, tell
from compliance.statuses import OptOutSource
from kernel.db.tenancy import scoped_connection

_AT_ONCE = 5_000


def suppress(*, recipients: Sequence[str], now: datetime) -> list[UUID]:
    """Stop everything but passcodes to these numbers; the ids of the opt-outs that are new. The caller keeps the trail.

    A number whose owner opted out of everything is left as it is.
    """
    wanted = [OptOut(recipient=each, source=OptOutSource.FAILED, created_at=now) for each in dict.fromkeys(recipients)]
    with transaction.atomic(using=scoped_connection().alias):
        OptOut.objects.bulk_create(wanted, ignore_conflicts=True, batch_size=_AT_ONCE)
        made = list(
            OptOut.objects.filter(pk__in=[each.pk for each in wanted]).order_by("pk").values_list("pk", flat=True)
        )
        if made:
            tell()
    return made


def unsuppress(*, opt_out_ids: Sequence[UUID], proof: str, now: datetime) -> int:
    """Lift what `suppress` made and still stands; returns how many. What people asked for is not touched."""
    ours = OptOut.objects.filter(pk__in=opt_out_ids, source=OptOutSource.FAILED, lifted_at=None)
    return ours.update(lifted_at=now, proof=proof[:EVIDENCE_MAX])
