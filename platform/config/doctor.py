"""What would stop an installation tomorrow, asked today: each check gives a finding or None."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django_celery_beat.models import PeriodicTask

from config.health import broker_address, broker_problem
from kernel.db.locks import BEAT_LOCK
from kernel.db.tenancy import platform_context, scoped_connection
from kernel.domain.traffic import TrafficClass
from messaging.services.partitions import days_ahead
from messaging.statuses import BatchState
from reporting.folding import READER

MIN_DAYS_AHEAD: Final = 14.0
MAX_CLOCK_SKEW: Final = timedelta(seconds=2)
MAX_TRANSACTION: Final = timedelta(minutes=5)
MAX_LEASE_OVERDUE: Final = timedelta(minutes=1)
# The oldest batch that could have gone: beyond this, nobody claims it, or the routes take too little.
MAX_WAIT: Final = {
    TrafficClass.OTP: timedelta(seconds=30),
    TrafficClass.TRANSACTIONAL: timedelta(minutes=15),
    TrafficClass.PROMOTIONAL: timedelta(hours=4),
}
MAX_UNMATCHED: Final = 1_000
MAX_FOLD_LAG: Final = timedelta(minutes=5)
MAX_BEAT_SILENCE: Final = timedelta(minutes=10)
MIN_FREE_SHARE: Final = 0.10
_HELD_SQL: Final = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = %s AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""
_SKEW_SQL: Final = "SELECT clock_timestamp()"
_OLDEST_SQL: Final = """
SELECT max(now() - xact_start), min(pid) FILTER (WHERE now() - xact_start > %s)
FROM pg_stat_activity WHERE xact_start IS NOT NULL AND datname = current_database()"""
_WAITING_SQL: Final = f"""
SELECT traffic_class, min(coalesce(due_at, accepted_at)), count(*) FROM batches
WHERE state = {BatchState.READY} GROUP BY traffic_class"""  # noqa: S608 - a constant of ours
_LEASES_SQL: Final = f"""
SELECT count(*), min(lease_until) FROM batches
WHERE state = {BatchState.LEASED} AND lease_until < now() - %s::interval"""  # noqa: S608 - a constant of ours
_UNMATCHED_SQL: Final = "SELECT count(*) FROM unmatched_receipts WHERE received_at < now() - interval '10 minutes'"
_FOLD_SQL: Final = """
SELECT e.at FROM (SELECT coalesce(max(xid), 0) AS xid, coalesce(max(event_id), 0) AS event_id FROM kernel_cursor
    WHERE reader = %s) c, message_events e
WHERE (e.xid, e.id) > (c.xid::text::xid8, c.event_id) ORDER BY e.xid, e.id LIMIT 1"""
# Wallet against ledger in one snapshot; `audit_books` goes on to batches, events and messages.
_WALLETS_SQL: Final = """
SELECT w.tenant_id FROM billing_wallet w LEFT JOIN (
    SELECT tenant_id, sum(amount_micros) AS balance, sum(held_micros) AS held FROM billing_ledgerentry GROUP BY 1
) l ON l.tenant_id = w.tenant_id
WHERE w.balance_micros <> coalesce(l.balance, 0) OR w.held_micros <> coalesce(l.held, 0)"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        check: the name it is looked up by: partitions, schema, clock, …
        detail: what was found, with figures.
        remedy: what to do.
    """

    check: str
    detail: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.check}: {self.detail}. {self.remedy}"


def examine(now: datetime) -> Iterator[Finding]:
    """Every finding, the most fundamental first."""
    yield from _schema()
    yield from _partitions(now)
    yield from _disk()
    yield from _clock(now)
    yield from _broker_and_beat(now)
    yield from _transactions()
    yield from _queues(now)
    yield from _receipts()
    yield from _figures(now)
    yield from _money()


def _schema() -> Iterator[Finding]:
    executor = MigrationExecutor(connections[settings.PLATFORM_DATABASE])
    if missing := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        first = missing[0][0]
        detail = f"{len(missing)} migrations have not run, the first is {first.app_label}.{first.name}"
        yield Finding("schema", detail, "Run `manage.py migrate` with the owner's login.")


def _partitions(now: datetime) -> Iterator[Finding]:
    with platform_context(reason="examine the installation"):
        ahead = days_ahead(scoped_connection(), now)
    short = {table: days for table, days in ahead.items() if days < MIN_DAYS_AHEAD}
    if short:
        table = min(short, key=lambda name: short[name])
        yield Finding(
            "partitions",
            f"{table} is prepared for {short[table]:.0f} days only ({len(short)} tables below two weeks)",
            "Accepting stops when they end. See that beat and a worker run and OWNER_DATABASE_URL is right; "
            "`manage.py migrate` makes them at once.",
        )


def _disk() -> Iterator[Finding]:
    for place in sorted({str(_existing(path)) for path in (settings.VAR_DIR, settings.MEDIA_ROOT)}):
        usage = shutil.disk_usage(place)
        if usage.free < MIN_FREE_SHARE * usage.total:
            detail = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.0f} GB are free where {place} is"
            yield Finding("disk", detail, "Make room, or keep messages for fewer days (MESSAGE_RETENTION_DAYS).")


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _clock(now: datetime) -> Iterator[Finding]:
    ((there,),) = _rows(_SKEW_SQL)
    if abs(skew := there - now) > MAX_CLOCK_SKEW:
        detail = f"the database's clock is {skew.total_seconds():+.0f} s from this machine's"
        yield Finding("clock", detail, "Let NTP set both: ids, schedules and leases go by them.")


def _broker_and_beat(now: datetime) -> Iterator[Finding]:
    if problem := broker_problem():
        yield Finding(
            "broker",
            f"{broker_address()} {problem}",
            "Nothing is lost meanwhile, but campaigns, imports and webhooks stand still.",
        )
    seen = PeriodicTask.objects.filter(name="reporting.fold").values_list("last_run_at", flat=True).first()
    if not _beat_is_new() if seen is None else now - seen > MAX_BEAT_SILENCE:
        detail = f"beat sent its last tick {'never' if seen is None else f'at {seen:%Y-%m-%d %H:%M} UTC'}"
        yield Finding("beat", detail, "Start `manage.py beat`, after `manage.py sync_schedule` on a new database.")


def _beat_is_new() -> bool:
    """It saves its ticks every few minutes only, but holds its lock from the first second."""
    return _rows(_HELD_SQL, [BEAT_LOCK]) == [(True,)]


def _transactions() -> Iterator[Finding]:
    ((age, pid),) = _rows(_OLDEST_SQL, [MAX_TRANSACTION])
    if pid is not None:
        yield Finding(
            "transactions",
            f"a transaction (backend {pid}) has been open for {age}",
            "Figures stand still and tables grow until it ends. Find out who it is in pg_stat_activity; "
            f"`SELECT pg_terminate_backend({pid})` ends it.",
        )


def _queues(now: datetime) -> Iterator[Finding]:
    for traffic_class, oldest, batches in _rows(_WAITING_SQL):
        kind = TrafficClass(traffic_class)
        if now - oldest > MAX_WAIT[kind]:
            detail = f"{batches} batches of class {kind.label} wait, the oldest since {oldest:%Y-%m-%d %H:%M:%S} UTC"
            yield Finding("queues", detail, "See on the console's queues page which route's line is down or too slow.")
    ((stale, since),) = _rows(_LEASES_SQL, [MAX_LEASE_OVERDUE])
    if stale:
        detail = f"the leases of {stale} batches ran out, the first at {since:%Y-%m-%d %H:%M:%S} UTC"
        yield Finding("leases", detail, "Start `manage.py dispatch`: no dispatcher takes them back.")


def _receipts() -> Iterator[Finding]:
    ((unmatched,),) = _rows(_UNMATCHED_SQL)
    if unmatched > MAX_UNMATCHED:
        detail = f"{unmatched} receipts have found no message for ten minutes or more"
        yield Finding("receipts", detail, "A route's operator may write its ids another way: see the route's page.")


def _figures(now: datetime) -> Iterator[Finding]:
    for (oldest,) in _rows(_FOLD_SQL, [READER]):
        if now - oldest > MAX_FOLD_LAG:
            detail = f"the roll-ups end at {oldest:%Y-%m-%d %H:%M:%S} UTC"
            yield Finding("figures", detail, "See that a worker takes the default queue, and no transaction is old.")


def _money() -> Iterator[Finding]:
    if wrong := _rows(_WALLETS_SQL):
        detail = f"{len(wrong)} wallets are not the sum of their ledger, the first of tenant {wrong[0][0]}"
        yield Finding("money", detail, "Run `manage.py audit_books` and suspend these tenants until it is understood.")


def _rows(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with platform_context(reason="examine the installation"), scoped_connection().cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
