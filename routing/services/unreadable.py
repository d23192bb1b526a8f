"""What operators sent and nobody can read: kept as octets, for staff and for a word with the operator."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from kernel.db.tenancy import platform_context, scoped_connection
from routing.contract import Unreadable
from routing.models import Route, UnreadablePdu

# Of each route; more of them say nothing more.
KEPT: Final = 50
# They have numbers and texts of people.
KEPT_FOR: Final = timedelta(days=30)
_HEADER: Final = 16

_ADD_SQL: Final = """
INSERT INTO unreadable_pdus AS u
    (route_id, fingerprint, reason, octets, size, times, is_taken, first_at, last_at)
VALUES (%s, %s, %s, %s, %s, 1, %s, %s, %s)
ON CONFLICT (route_id, fingerprint) DO UPDATE SET times = u.times + 1, octets = excluded.octets,
    is_taken = u.is_taken OR excluded.is_taken, last_at = excluded.last_at"""


def keep_unreadable(found: Mapping[int, Sequence[Unreadable]], now: datetime) -> None:
    """Add what came on routes, and forget all but the latest of each. A route may have been deleted meanwhile."""
    with platform_context(reason="keep what nobody can read"):
        for route_id in Route.objects.filter(pk__in=sorted(found)).order_by("pk").values_list("pk", flat=True):
            _keep(route_id, found[route_id], now)


def _keep(route_id: int, pdus: Sequence[Unreadable], now: datetime) -> None:
    with transaction.atomic(using=scoped_connection().alias), scoped_connection().cursor() as cursor:
        # Two dispatchers write in one order.
        for pdu in sorted(pdus, key=lambda each: each.octets[_HEADER:]):
            fingerprint = hashlib.sha256(pdu.octets[_HEADER:]).hexdigest()[:32]
            cursor.execute(
                _ADD_SQL, [route_id, fingerprint, pdu.reason[:64], pdu.octets, pdu.size, pdu.is_taken, now, now]
            )
        latest = UnreadablePdu.objects.filter(route_id=route_id).order_by("-last_at", "-pk")
        UnreadablePdu.objects.filter(pk__in=list(latest.values_list("pk", flat=True)[KEPT:])).delete()


def unreadable_of(route_id: int) -> list[UnreadablePdu]:
    """Of a route, the latest first; at most KEPT."""
    return list(UnreadablePdu.objects.filter(route_id=route_id).order_by("-last_at", "-pk")[:KEPT])


def forget_unreadable(now: datetime) -> int:
    """Delete those that came last before KEPT_FOR; returns how many."""
    with platform_context(reason="forget what nobody could read"):
        gone, _ = UnreadablePdu.objects.filter(last_at__lt=now - KEPT_FOR).delete()
    return gone
