"""Memory of every named process over a long campaign: each below its limit, and none that grows with the work.

    make bench-memory               COUNT=1000000 by default

The campaign is that of `bench-campaign`; the sink is `manage.py smsc`, or SINK=host:port.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from statistics import median
from typing import Final
from uuid import UUID

os.environ.setdefault("COUNT", "1000000")

from bench.campaign import COUNT, frozen_at, launch, prepare
from bench.harness import (
    NAMED,
    books_are_exact,
    connect,
    installation,
    point_routes_at_sink,
    pss_mb,
    report,
)
from tests.fixtures.stack import Stack
from tests.waiting import until

LIMIT_MB: Final = 400
# What the last quarter may lie above the first: caches of bounded size fill up, pages of freed objects stay.
GROWTH_MB: Final = dict.fromkeys(NAMED, 40)
# Its shared buffers, 224 MB, count with each page that was touched since the start.
GROWTH_MB["postgres"] = 200
EVERY_S: Final = 3.0
FROZEN_WITHIN_S: Final = 600.0
DONE_WITHIN_S: Final = 3_600.0
_FINAL_SQL: Final = "SELECT coalesce(sum(messages), 0) FROM message_events WHERE campaign_id = %s AND kind = 3"
_DELIVERED_SQL: Final = "SELECT count(*) FROM messages WHERE campaign_id = %s AND status = 50"


def watch(stack: Stack, campaign_id: UUID) -> list[dict[str, int]]:
    """Readings until every message is final, or the time is over."""
    began, readings = time.perf_counter(), []
    while time.perf_counter() - began < DONE_WITHIN_S:
        readings.append(pss_mb(stack))
        if stack.rows(_FINAL_SQL, [campaign_id])[0][0] >= COUNT:
            break
        time.sleep(EVERY_S)
    return readings


def growth_mb(readings: Sequence[dict[str, int]]) -> dict[str, int]:
    """Process → median of the last quarter less that of the first; 0 with less than four readings."""
    quarter = len(readings) // 4
    if not quarter:
        return dict.fromkeys(NAMED, 0)
    first, last = readings[:quarter], readings[-quarter:]
    return {
        name: round(median(each.get(name, 0) for each in last) - median(each.get(name, 0) for each in first))
        for name in NAMED
    }


def main() -> None:
    with installation() as stack:
        connect(stack)
        point_routes_at_sink()
        tenant_id, campaign_id = prepare(stack.demo["tenants"][0]["slug"])
        launch(tenant_id, campaign_id)
        until(lambda: frozen_at(stack, campaign_id), FROZEN_WITHIN_S)
        began = time.perf_counter()
        readings = watch(stack, campaign_id)
        seconds = time.perf_counter() - began
        delivered = stack.rows(_DELIVERED_SQL, [campaign_id])[0][0]
        exact = books_are_exact(stack)
    most = {name: max(each.get(name, 0) for each in readings) for name in NAMED}
    growth = growth_mb(readings)
    result = {
        "bench": "memory",
        "most_mb": max(most.values()),
        "count": COUNT,
        "missing": COUNT - delivered,
        "books_exact": exact,
        "per_s": round(COUNT / seconds),
        "readings": len(readings),
        "pss_mb": most,
        "growth_mb": growth,
    }
    is_modest = max(most.values()) < LIMIT_MB and all(growth[name] <= GROWTH_MB[name] for name in NAMED)
    report(result, measure="most_mb", base={}, is_complete=exact and delivered == COUNT and is_modest)


if __name__ == "__main__":
    main()
