"""What was chosen about recipients, as the rules see it: read with a tenant's other facts, by one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from compliance.models import OutsideHours
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.traffic import TrafficClass

# So long a run of neighbouring numbers is held against further ones of its series.
RUN_HOLDS: Final = timedelta(hours=24)

_SQL: Final = """
SELECT 'home', country, 0, 0, 0, false, NULL::timestamptz FROM tenants_tenant WHERE id = %s
UNION ALL
SELECT 'chosen', outside_hours, duplicate_minutes, promotions_per_day, promotions_per_week, home_only, NULL
FROM compliance_recipientsettings
UNION ALL SELECT 'destination', prefix, traffic_class, daily_cap, 0, is_open, NULL FROM compliance_destination
UNION ALL SELECT 'blocked', prefix, 0, 0, 0, false, NULL FROM compliance_blockeddestination
UNION ALL SELECT 'run', series, 0, 0, 0, false, last_at FROM compliance_numberrun"""


class DestinationFacts(NamedTuple):
    """`traffic_class` is None for all of them; `cap` in 24 hours, 0 without one."""

    prefix: str
    traffic_class: TrafficClass | None
    is_open: bool
    cap: int

    def is_about(self, traffic_class: TrafficClass) -> bool:
        return self.traffic_class is None or self.traffic_class is traffic_class


class RecipientFacts(NamedTuple):
    """
    Args:
        home: ISO 3166 code of the tenant's country.
        blocked: first digits that the platform closed.
        runs: series of numbers that many passcodes went to, and when that was seen last.
    """

    home: str = "IN"
    defers: bool = True
    duplicate_minutes: int = 0
    per_day: int = 0
    per_week: int = 0
    home_only: bool = False
    destinations: tuple[DestinationFacts, ...] = ()
    blocked: tuple[str, ...] = ()
    runs: Mapping[str, datetime] = {}

    @property
    def needs_history(self) -> bool:
        return bool(self.duplicate_minutes or self.per_day or self.per_week or any(d.cap for d in self.destinations))


UNCHOSEN: Final = RecipientFacts()


def load_recipient_facts() -> RecipientFacts:
    """The current tenant's; one query."""
    facts = UNCHOSEN
    destinations: list[DestinationFacts] = []
    blocked: list[str] = []
    runs: dict[str, datetime] = {}
    with scoped_connection().cursor() as cursor:
        cursor.execute(_SQL, [current_tenant_id()])
        rows = cursor.fetchall()
    for kind, name, first, second, third, flag, at in rows:
        if kind == "home":
            facts = facts._replace(home=name)
        elif kind == "chosen":
            facts = facts._replace(
                defers=name == OutsideHours.DEFER,
                duplicate_minutes=first,
                per_day=second,
                per_week=third,
                home_only=flag,
            )
        elif kind == "destination":
            traffic_class = None if first is None else TrafficClass(first)
            destinations.append(DestinationFacts(name, traffic_class, flag, second))
        elif kind == "blocked":
            blocked.append(name)
        else:
            runs[name] = at
    return facts._replace(destinations=tuple(destinations), blocked=tuple(blocked), runs=runs)
