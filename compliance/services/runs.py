"""Looks for runs of neighbouring numbers among the passcodes of the last hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from compliance.models import NumberRun
from compliance.rules.runs import SERIES_TAIL
from compliance.rules.versions import touch
from kernel.db.tenancy import current_tenant_id, scoped_connection
from kernel.domain.ids import uuid7, uuid7_floor
from kernel.domain.traffic import TrafficClass

LOOK_BACK: Final = timedelta(hours=1)
# Of the hundred numbers of a series; ten of them within an hour are no chance for anybody's customers.
FEWEST: Final = 10
MOST_SERIES: Final = 1_000
KEPT: Final = timedelta(days=90)

_SQL: Final = """
SELECT left(recipient, -%s), count(DISTINCT recipient) FROM messages
WHERE tenant_id = %s AND id >= %s AND traffic_class = %s AND status <> 80
GROUP BY 1 HAVING count(DISTINCT recipient) >= %s ORDER BY 2 DESC LIMIT %s"""


def note_runs(*, now: datetime) -> int:
    """Keep the current tenant's runs of the last hour; a series that is seen again counts up. Returns how many."""
    since = uuid7_floor(now - LOOK_BACK)
    parameters: list[Any] = [SERIES_TAIL, current_tenant_id(), since, int(TrafficClass.OTP), FEWEST, MOST_SERIES]
    with transaction.atomic(using=scoped_connection().alias), scoped_connection().cursor() as cursor:
        NumberRun.objects.filter(last_at__lt=now - KEPT).delete()
        cursor.execute(_SQL, parameters)
        found = cursor.fetchall()
        if not found:
            return 0
        known = {run.series: run for run in NumberRun.objects.filter(series__in=[series for series, _ in found])}
        for series, numbers in found:
            run = known.get(series)
            if run is None:
                run = NumberRun(id=uuid7(), series=series, numbers=numbers, times=0, first_at=now)
                known[series] = run
            # One run is looked at many times within its hour.
            run.times += run.times == 0 or run.last_at < now - LOOK_BACK
            run.numbers, run.last_at = max(run.numbers, numbers), now
        NumberRun.objects.bulk_create(
            known.values(),
            update_conflicts=True,
            update_fields=["numbers", "times", "last_at"],
            unique_fields=["tenant_id", "series"],
        )
        touch()
    return len(found)
