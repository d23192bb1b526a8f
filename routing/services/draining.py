"""Taking a route out of service in good order."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kernel.db.tenancy import scoped_connection
from routing.models import Drain, Route
from routing.services.routes import Change, set_route_state
from routing.statuses import RouteState


def start_drain(
    *, route_id: int, moves_queue: bool, then_disables: bool, now: datetime, change: Change | None = None
) -> Route:
    """Take nothing new over the route; what is in its windows is answered, and receipts are still taken.

    Args:
        moves_queue: what waits goes to its next routes; else it waits for the route to be enabled again.
        then_disables: disable the route once it is dry.
    """
    with transaction.atomic(using=scoped_connection().alias):
        wanted = {"started_at": now, "moves_queue": moves_queue, "then_disables": then_disables}
        Drain.objects.update_or_create(route_id=route_id, defaults=wanted)
        return set_route_state(route_id=route_id, state=RouteState.DRAINING, now=now, change=change or Change())
