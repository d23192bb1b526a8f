"""Passcodes by API while a campaign of a million runs: from the commit of each to its arrival at the operator.

    make bench-otp-latency          COUNT=1000000 RATE=20 by default; COUNT=0 for the latency of an idle installation

The moment of a commit is the database's own record of it, the moment of arrival the sink's: `manage.py smsc`, or
SINK=host:port with RECORD, the file to which that sink appends a row per submit (monotonic nanoseconds, source,
destination). Passcodes are sent on the beat, whatever became of those before.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from bench.campaign import frozen_at, launch, prepare
from bench.harness import books_are_exact, connect, installation, point_routes_at_sink, pss_mb, report
from config.embedded.postgres import url
from tests.fixtures.stack import Stack
from tests.waiting import until

COUNT: Final = int(os.environ.get("COUNT", "1000000"))
RATE: Final = int(os.environ.get("RATE", "20"))
# Without a campaign, and at most with one.
IDLE_S: Final = 20
LIMIT_S: Final = 1_200
DONE_WITHIN_S: Final = 1_800.0
CLIENTS: Final = 8
# Passcodes go to numbers of their own.
PREFIX: Final = "9170"
WARM_UP: Final = 99_999_999
CODE: Final = "{} is your code to sign in. It is valid for 10 minutes, do not share it. - Aarohi Retail"
_OPEN_SQL: Final = """
SELECT EXISTS (SELECT FROM campaigns_chunk k JOIN campaigns_run r ON r.id = k.run_id
               WHERE r.campaign_id = %s AND k.state = 'pending')
    OR EXISTS (SELECT FROM batches WHERE tenant_id = %s AND campaign_id = %s AND state IN (0, 1))"""
_COMMITS_SQL: Final = f"""
SELECT ltrim(m.recipient, '+'), extract(epoch FROM pg_xact_commit_timestamp(t.xmin))::float8
FROM messages m JOIN message_texts t ON t.tenant_id = m.tenant_id AND t.id = m.id
WHERE m.tenant_id = %s AND m.recipient >= '+9170' AND m.recipient < '+9170{WARM_UP}'"""  # noqa: S608 - digits of ours


def note_commits(stack: Stack) -> None:
    """Let the database remember when transactions committed; it is started anew for that."""
    where = url(stack.var / "postgres", "postgres", "dakiya")
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    pid = stack.pid("postgres")
    os.kill(pid, signal.SIGINT)
    until(lambda: stack.pid("postgres") not in {0, pid} and _answers(where), 60)


def _answers(where: str) -> bool:
    try:
        with psycopg.connect(where) as connection:
            return connection.execute("SHOW track_commit_timestamp").fetchone() == ("on",)
    except psycopg.OperationalError:
        return False


class Passcodes:
    """Sends them on the beat from a few connections; `answers` has the seconds each answer took."""

    def __init__(self, stack: Stack) -> None:
        tenant = stack.demo["tenants"][0]
        self._netloc = urlsplit(stack.base_url).netloc
        self._sender = tenant["sender"]
        self._headers = {"Authorization": f"Token {tenant['api_token']}", "Content-Type": "application/json"}
        self._local = threading.local()
        self.answers: list[float] = []
        self.refused: list[tuple[int, str]] = []

    def send(self, number: int) -> None:
        began = time.perf_counter()
        body = {
            "to": f"+{PREFIX}{number:08}",
            "from": self._sender,
            "text": CODE.format(100_000 + number % 900_000),
            "class": "otp",
        }
        connection = self._connection()
        connection.request("POST", "/api/v1/messages", json.dumps(body), self._headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 202:
            self.refused.append((response.status, answer.decode()))
        self.answers.append(time.perf_counter() - began)

    def are_taken(self) -> bool:
        """Whether the installation is back and takes one; it counts for nothing."""
        self.answers, self.refused = [], []
        self.send(WARM_UP)
        is_taken = not self.refused
        self.answers, self.refused = [], []
        return is_taken

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._local, "connection"):
            self._local.connection = http.client.HTTPConnection(self._netloc, timeout=60)
        connection: http.client.HTTPConnection = self._local.connection
        return connection


def send_while(is_wanted: threading.Event, passcodes: Passcodes) -> int:
    """Open loop; returns how many were sent."""
    began, number = time.perf_counter(), 0
    with ThreadPoolExecutor(CLIENTS) as pool:
        while is_wanted.is_set():
            pool.submit(passcodes.send, number)
            number += 1
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
    return number


def run(stack: Stack, passcodes: Passcodes) -> tuple[int, float]:
    """Passcodes for as long as the campaign is on its way; returns how many, and the campaign's messages a second."""
    is_wanted = threading.Event()
    is_wanted.set()
    sent: list[int] = []
    sender = threading.Thread(target=lambda: sent.append(send_while(is_wanted, passcodes)))
    tenant_id, campaign_id = prepare(stack.demo["tenants"][0]["slug"], COUNT) if COUNT else (None, None)
    if tenant_id and campaign_id:
        launch(tenant_id, campaign_id)
        until(lambda: frozen_at(stack, campaign_id), 300)
    began = time.perf_counter()
    sender.start()
    while is_running(stack, tenant_id, campaign_id, time.perf_counter() - began):
        time.sleep(1)
    seconds = time.perf_counter() - began
    is_wanted.clear()
    sender.join()
    return sent[0], COUNT / seconds


def is_running(stack: Stack, tenant_id: UUID | None, campaign_id: UUID | None, seconds: float) -> bool:
    if not COUNT:
        return seconds < IDLE_S
    return seconds < LIMIT_S and stack.rows(_OPEN_SQL, [campaign_id, tenant_id, campaign_id]) == [(True,)]


def watch(stack: Stack) -> None:
    if "SINK" not in os.environ:
        _ask(stack, "POST", f"/arrivals?prefix={PREFIX}")


def arrivals(stack: Stack) -> dict[str, float]:
    """Destination → Unix time of the first submit to it."""
    found: dict[str, float] = {}
    pairs = _recorded(Path(os.environ["RECORD"])) if "SINK" in os.environ else _asked(stack)
    for at, destination in pairs:
        found.setdefault(destination, at)
    return found


def _recorded(path: Path) -> Iterator[tuple[float, str]]:
    offset = time.time() - time.monotonic()
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["dest"].startswith(PREFIX):
                yield int(row["t_monotonic_ns"]) / 1e9 + offset, row["dest"]


def _asked(stack: Stack) -> list[tuple[float, str]]:
    return [(at, destination) for at, destination in _ask(stack, "GET", "/arrivals")["arrivals"]]


def _ask(stack: Stack, method: str, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", stack.ports["SMSC_CONTROL_PORT"], timeout=60)
    connection.request(method, path)
    return json.load(connection.getresponse())


def latencies_ms(stack: Stack) -> list[float]:
    """Of every passcode that was committed and has arrived, sorted."""
    from kernel.db.tenancy import platform_context
    from tenants.models import Tenant

    with platform_context(reason="benchmark"):
        tenant_id = Tenant.objects.get(slug=stack.demo["tenants"][0]["slug"]).id
    arrived = arrivals(stack)
    commits = stack.rows(_COMMITS_SQL, [tenant_id])
    return sorted(1000 * (arrived[number] - at) for number, at in commits if number in arrived)


def share(values: list[float], part: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * part))], 1)


def main() -> None:
    with installation() as stack:
        note_commits(stack)
        connect(stack)
        point_routes_at_sink()
        passcodes = Passcodes(stack)
        until(passcodes.are_taken, 60)
        watch(stack)
        sent, per_s = run(stack, passcodes)
        memory = pss_mb(stack)
        until(lambda: stack.rows("SELECT count(*) FROM messages WHERE status < 50") == [(0,)], DONE_WITHIN_S)
        latencies = latencies_ms(stack)
        exact = books_are_exact(stack)
    answers = sorted(1000 * seconds for seconds in passcodes.answers)
    result = {
        "bench": "otp-latency",
        "p50_ms": share(latencies, 0.5),
        "p90_ms": share(latencies, 0.9),
        "p99_ms": share(latencies, 0.99),
        "max_ms": share(latencies, 1),
        "answer_p50_ms": share(answers, 0.5),
        "answer_p99_ms": share(answers, 0.99),
        "count": sent,
        "missing": sent - len(latencies),
        "campaign": COUNT,
        "campaign_per_s": round(per_s),
        "books_exact": exact,
        "pss_mb": memory,
    }
    report(result, measure="p50_ms", base={}, is_complete=exact and sent == len(latencies))


if __name__ == "__main__":
    main()
