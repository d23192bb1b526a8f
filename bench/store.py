"""One installation with half a year of traffic in it, filled once and copied by the benchmarks that need it.

    make bench-store                MESSAGES=20000000 PEOPLE=2000000 BENCH_STORE=var/bench-store by default

It has the demo, MESSAGES messages of the last 26 weeks with their batches, events, ledger and roll-ups, texts of the
last 30 days (what their retention class keeps), operators' ids of the last 10 days, and PEOPLE contacts of one tenant.
A store is keyed by the schema and by what fills it. It is never worked on: `stored()` gives a copy and removes it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from bench import store_sql
from bench.harness import connect
from config.embedded import postgres
from config.prepare import ROOT
from tests.fixtures.stack import Stack
from tests.waiting import until

MESSAGES: Final = int(os.environ.get("MESSAGES", "20000000"))
PEOPLE: Final = int(os.environ.get("PEOPLE", "2000000"))
HOME: Final = Path(os.environ.get("BENCH_STORE", str(ROOT / "var" / "bench-store"))).resolve()
WEEKS: Final = 26
TEXT_DAYS: Final = 30
TENANTS: Final = 10
WRITERS: Final = 2
# Measured: a message with its share of everything, and a person on a list; a benchmark works on a second copy.
OCTETS_PER_MESSAGE: Final = 900
OCTETS_PER_PERSON: Final = 500
# What is lost with a crash here is filled again. Nothing else than the fill runs with these settings.
FILLING: Final = {
    **postgres.DURABLE,
    "shared_buffers": "1GB",
    "maintenance_work_mem": "512MB",
    "max_parallel_maintenance_workers": "0",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "16GB",
    "autovacuum": "off",
}
_OPEN_SQL: Final = "SELECT count(*) FROM batches WHERE state < 4"
_FINAL_SQL: Final = "SELECT count(*) FROM messages WHERE status = 50"


def schema() -> dict[str, str]:
    """Every migration with the hash of its text."""
    paths = [path for path in ROOT.glob("*/**/migrations/*.py") if ".venv" not in path.parts]
    return {str(path.relative_to(ROOT)): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in sorted(paths)}


def ensure_store() -> Path:
    """The directory of the finished store (a DAKIYA_VAR, stopped), filled now if there is none."""
    what = f"{MESSAGES} {PEOPLE}".encode() + Path(store_sql.__file__).read_bytes()
    content, wanted = hashlib.sha256(what).hexdigest()[:8], schema()
    place = HOME / f"{content}-{hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:8]}"
    if (place / "store.json").exists():
        return place
    HOME.mkdir(parents=True, exist_ok=True)
    draft = HOME / f"{place.name}.new"
    shutil.rmtree(draft, ignore_errors=True)
    if older := _migratable(content, wanted):
        older.rename(draft)
        figures = json.loads((draft / "store.json").read_text()) | migrate(draft)
    else:
        require_space(2 * needed_octets(), "the store and the copy that a benchmark works on")
        figures = fill(draft)
    (draft / "store.json").write_text(json.dumps({**figures, "schema": wanted}, indent=1))
    draft.rename(place)
    return place


def _migratable(content: str, wanted: dict[str, str]) -> Path | None:
    """A store of the same content whose schema lacks migrations only: they are run on it, as on any installation."""
    for file in HOME.glob(f"{content}-????????/store.json"):
        if json.loads(file.read_text())["schema"].items() <= wanted.items():
            return file.parent
    return None


def migrate(var: Path) -> dict[str, Any]:
    """Start the installation once: what is missing is migrated before its processes start."""
    began = time.perf_counter()
    stack = Stack(var)
    try:
        stack.wait_until_started()
    finally:
        if stack.launcher.poll() is None:
            stack.stop()
    return {"migrated_in_s": round(time.perf_counter() - began)}


@contextmanager
def stored() -> Iterator[Path]:
    """A copy of the store for one benchmark to work on, made beside it (shared blocks where the disk can)."""
    store = ensure_store()
    require_space(needed_octets(), "a copy of the store")
    with tempfile.TemporaryDirectory(prefix="copy-", dir=HOME) as scratch:
        Path(scratch).chmod(0o755)
        subprocess.run(["cp", "-a", "--reflink=auto", store, f"{scratch}/var"], check=True)
        yield Path(scratch) / "var"


def needed_octets() -> int:
    return MESSAGES * OCTETS_PER_MESSAGE + PEOPLE * OCTETS_PER_PERSON


def require_space(octets: int, purpose: str) -> None:
    free = shutil.disk_usage(HOME).free
    if free < octets:
        sys.exit(
            f"{HOME} has {free / 1e9:.0f} GB free, {purpose} need {octets / 1e9:.0f} GB: free some, point BENCH_STORE "
            f"to another disk, or ask for less, for example MESSAGES={MESSAGES // 4} make bench-store"
        )


def fill(var: Path) -> dict[str, Any]:
    """Make the store in `var`; returns its sizes and the seconds of each step."""
    began = time.perf_counter()
    owners = begin(var)
    server = postgres.start_postgres(var / "postgres", settings=FILLING)
    if server is None:
        sys.exit(f"somebody serves {var} already: another fill is running")
    seconds = {"installation": round(time.perf_counter() - began)}
    try:
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("plan", lambda: make_plan(var, owners)),
            ("books", lambda: _run(var, store_sql.BOOKS)),
            ("people", lambda: make_people(var)),
            ("partitions", lambda: make_partitions(var)),
            ("tidying", lambda: tidy(var)),
            ("roll-ups", fold),
        )
        for name, step in steps:
            began = time.perf_counter()
            step()
            seconds[name] = round(time.perf_counter() - began)
            print(f"  {name}: {seconds[name]} s", file=sys.stderr)
        audited = audit(var)
        size = sum(path.stat().st_size for path in (var / "postgres").rglob("*") if path.is_file())
    finally:
        postgres.stop(server)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    return {"messages": MESSAGES, "people": PEOPLE, "octets": size, "seconds": seconds, "books": audited, "made": made}


def begin(var: Path) -> list[tuple[Any, ...]]:
    """An installation with the demo and some tenants more; returns (number, tenant, charged on, sender, template)."""
    stack = Stack(var)
    try:
        stack.wait_until_started()
        connect(stack)
        make_tenants()
        # The demo's campaign has gone out; those whose receipts never come stay open, as in life.
        until(lambda: stack.rows(_OPEN_SQL) == [(0,)] and stack.rows(_FINAL_SQL) != [(0,)], 120)
        return stack.rows(
            "SELECT row_number() OVER (ORDER BY t.created_at, t.id), t.id, w.charged_on, s.header, max(p.id::text)"
            " FROM tenants_tenant t JOIN billing_wallet w ON w.tenant_id = t.id"
            " JOIN compliance_sender s ON s.tenant_id = t.id JOIN compliance_template p ON p.tenant_id = t.id"
            " GROUP BY t.id, w.charged_on, s.header ORDER BY 1"
        )
    finally:
        from django.db import connections

        connections.close_all()
        if stack.launcher.poll() is None:
            stack.stop()


def make_tenants() -> None:
    from config.demo import build, cast
    from kernel.domain.clock import utc_now

    now = utc_now()
    card = build.ensure_card(now)
    for number in range(len(cast.TENANTS), TENANTS):
        digits = f"{number:04}"
        tenant = replace(
            cast.TENANTS[1],
            name=f"Store {number}",
            slug=f"store-{number}",
            header=f"STORE{chr(ord('A') + number)}",
            entity_id=f"110156382000001{digits}",
            header_id=f"110516382000002{digits}",
            templates=(replace(cast.TENANTS[1].templates[0], dlt_id=f"110716382000003{digits}"),),
        )
        build.ensure_tenant(tenant, card, now)


def make_plan(var: Path, owners: Sequence[tuple[Any, ...]]) -> None:
    last = datetime.now(UTC) - timedelta(hours=1)
    with _superuser(var) as connection:
        connection.execute(store_sql.ID_FUNCTION)
        connection.execute(
            "CREATE TABLE bench_owner (number int, tenant_id uuid, charged_on text, sender text, template_id uuid)"
        )
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO bench_owner VALUES (%s, %s, %s, %s, %s)", owners)
        routes = [route for (route,) in connection.execute("SELECT id FROM routing_route ORDER BY id").fetchall()]
        parameters = {
            "tenants": len(owners),
            "batches": MESSAGES // store_sql.BATCH,
            "first": last - timedelta(weeks=WEEKS),
            "last": last,
            "routes": routes,
        }
        connection.execute(store_sql.PLAN, parameters)
        connection.execute("ANALYZE bench_plan")


def make_people(var: Path) -> None:
    first = datetime.now(UTC) - timedelta(weeks=WEEKS)
    with _superuser(var) as connection:
        for statement in store_sql.PEOPLE:
            sizes = {"first": first, "people": PEOPLE, "per_list": store_sql.PEOPLE_PER_LIST}
            connection.execute(statement.encode(), sizes)


def make_partitions(var: Path) -> None:
    """Every partition by itself, in order, several at a time: filled as a bare table, indexed, then attached."""
    from messaging.services.partitions import MESSAGES as MESSAGE_SERIES
    from messaging.services.partitions import OPERATOR_ID_DAYS, OPERATOR_IDS, text_series

    now = datetime.now(UTC)
    spans = (
        (MESSAGE_SERIES, store_sql.MESSAGES, timedelta(weeks=WEEKS)),
        (text_series(TEXT_DAYS), store_sql.TEXTS, timedelta(days=TEXT_DAYS)),
        (OPERATOR_IDS, store_sql.OPERATOR_IDS, timedelta(days=OPERATOR_ID_DAYS)),
    )
    jobs = [(series, statement, start) for series, statement, kept in spans for start in series.starts(now - kept, now)]
    with ThreadPoolExecutor(WRITERS) as pool:
        done = [pool.submit(_fill_partition, var, *job) for job in jobs]
        for each in done:
            each.result()


def _fill_partition(var: Path, series: Any, statement: str, start: datetime) -> None:
    from kernel.db.partitions import attach_sql, create_sql

    name = series.name(start)
    parameters = {"table": name, "low": start, "high": start + timedelta(days=series.days), "people": PEOPLE}
    with _superuser(var) as connection:
        is_new = connection.execute("SELECT to_regclass(%s) IS NULL", [name]).fetchone() == (True,)
        with connection.transaction():
            if is_new:
                connection.execute("SET LOCAL ROLE dakiya_owner")
                connection.execute(create_sql(series, start, like="INCLUDING DEFAULTS").encode())
                connection.execute("RESET ROLE")
            connection.execute(statement.format(table=name).encode(), parameters)
            if is_new:
                for index in _indexes(connection, series.parent, name):
                    connection.execute(index.encode())
                connection.execute(attach_sql(series, start).encode())
        connection.execute(f"VACUUM (FREEZE, ANALYZE) {name}".encode())


def _indexes(connection: psycopg.Connection, parent: str, name: str) -> list[str]:
    """Statements that give a partition the indexes of its parent, which ATTACH takes over instead of building."""
    found = connection.execute(
        "SELECT pg_get_indexdef(indexrelid), indisprimary FROM pg_index WHERE indrelid = %s::regclass", [parent]
    ).fetchall()
    statements = []
    for definition, is_primary in found:
        columns = definition.partition(" USING btree ")[2]
        statements.append(
            f"ALTER TABLE {name} ADD PRIMARY KEY {columns}" if is_primary else f"CREATE INDEX ON {name} {columns}"
        )
    return statements


def tidy(var: Path) -> None:
    scaffolding = ", ".join(store_sql.SCAFFOLDING)
    _run(var, [f"DROP TABLE {scaffolding}", "DROP FUNCTION bench_id", "VACUUM (FREEZE, ANALYZE)", "CHECKPOINT"])


def fold() -> None:
    from reporting.folding import fold_all

    while fold_all():
        pass


def audit(var: Path) -> str:
    environment = {**os.environ, "DAKIYA_VAR": str(var), "DAKIYA_ENV": "development", "DAKIYA_LOGIN": "worker"}
    command = [sys.executable, "manage.py", "audit_books"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the store's books are wrong:\n{done.stderr[-4000:]}")
    return done.stdout.strip()


@contextmanager
def _superuser(var: Path) -> Iterator[psycopg.Connection]:
    dsn = postgres.superuser_dsn(var / "postgres", "dakiya")
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Foreign keys hold by construction; their triggers are half the work of filling.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET work_mem = '256MB'")
        yield connection


def _run(var: Path, statements: Sequence[str]) -> None:
    with _superuser(var) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def main() -> None:
    began = time.perf_counter()
    store = ensure_store()
    figures = json.loads((store / "store.json").read_text())
    print(json.dumps({"bench": "store", "path": str(store), "s": round(time.perf_counter() - began), **figures}))


if __name__ == "__main__":
    main()
