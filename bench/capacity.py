"""What a campaign's message costs each process, the write-ahead log and the connections: the base of docs/scale.md.

    make bench-capacity             COUNT=200000 by default

Processor time, not speed: other work on the machine inflates it by a third or a half, but not by its own share.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from typing import Any, Final

import psutil

from bench.campaign import COUNT, DONE_WITHIN_S, frozen_at, launch, prepare
from bench.harness import NAMED, books_are_exact, connect, installation, point_routes_at_sink, report
from tests.fixtures.stack import Stack
from tests.waiting import until

_DONE_SQL: Final = "SELECT coalesce(sum(messages), 0) FROM message_events WHERE campaign_id = %s AND kind = 3"
_WAL_SQL: Final = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8"
_CONNECTIONS_SQL: Final = """
SELECT pid, regexp_replace(application_name, '^$', usename) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def cpu_s(stack: Stack) -> dict[str, float]:
    """User and system seconds of each named process so far, with its children, those that ended included."""
    found = {}
    for name in NAMED:
        if pid := stack.pid(name):
            family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
            found[name] = sum(sum(each.cpu_times()[:4]) for each in family if each.is_running())
    return found


def backends(stack: Stack) -> dict[int, tuple[str, float]]:
    """Server process → whose connection it serves, and its user and system seconds."""
    rows = stack.rows(_CONNECTIONS_SQL)
    return {pid: (name, sum(psutil.Process(pid).cpu_times()[:2])) for pid, name in rows if psutil.pid_exists(pid)}


def main() -> None:
    with installation() as stack:
        connect(stack)
        point_routes_at_sink()
        tenant_id, campaign_id = prepare(stack.demo["tenants"][0]["slug"])
        cpu, served, wal = cpu_s(stack), backends(stack), stack.rows(_WAL_SQL)[0][0]
        launch(tenant_id, campaign_id)
        until(lambda: frozen_at(stack, campaign_id), 120)
        began = time.perf_counter()
        until(lambda: stack.rows(_DONE_SQL, [campaign_id])[0][0] >= COUNT, DONE_WITHIN_S)
        seconds = time.perf_counter() - began
        spent = {name: value - cpu.get(name, 0.0) for name, value in cpu_s(stack).items()}
        connections = backends(stack)
        wal = stack.rows(_WAL_SQL)[0][0] - wal
        exact = books_are_exact(stack)
    by_client: defaultdict[str, float] = defaultdict(float)
    for pid, (name, total) in connections.items():
        by_client[name] += total - served.get(pid, (name, 0.0))[1]
    result: dict[str, Any] = {
        "bench": "capacity",
        "per_s": round(COUNT / seconds),
        "count": COUNT,
        "cpu_us": {name: round(value / COUNT * 1e6, 1) for name, value in spent.items()},
        "postgres_cpu_us_by_client": {
            name: round(value / COUNT * 1e6, 1) for name, value in sorted(by_client.items(), key=lambda item: -item[1])
        },
        "wal_bytes": round(wal / COUNT),
        "connections": dict(Counter(name for name, _ in connections.values())),
        "books_exact": exact,
    }
    report(result, measure="per_s", base={"floor": "floor"}, is_complete=exact)


if __name__ == "__main__":
    main()
