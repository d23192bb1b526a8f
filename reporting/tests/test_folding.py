from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from messaging.models import Message
from messaging.statuses import Status
from messaging.tests.rows import correct, finish, make_messages, submit
from reporting import recounting
from reporting.folding import fold, fold_all
from reporting.models import Rollup
from reporting.recounting import recount
from reporting.tests.catching_up import fold_everything
from tenants.tests.builders import make_tenant

ROOT = Path(__file__).resolve().parents[2]


def write_day(tenant_id: UUID) -> None:
    """Ten messages: six delivered, one of them late, two failed, one waiting, one unknown."""
    with tenant_context(tenant_id):
        rows = make_messages(10)
        submit(rows[:9])
        finish(rows[:5], Status.DELIVERED, latency_ms=5_000)
        finish(rows[5:7], Status.UNDELIVERED, "undeliverable")
        finish(rows[7:9], Status.UNKNOWN, "outcome_unknown")
        correct(rows[7:8], Status.DELIVERED)


def counted(tenant_id: UUID) -> dict[Status, int]:
    with tenant_context(tenant_id):
        sums: dict[Status, int] = {}
        for row in Rollup.objects.all():
            sums[Status(row.outcome)] = sums.get(Status(row.outcome), 0) + row.messages
        return sums


EXPECTED = {
    Status.ACCEPTED: 10,
    Status.SUBMITTED: 9,
    Status.DELIVERED: 6,
    Status.UNDELIVERED: 2,
    Status.UNKNOWN: 1,
}


@pytest.fixture
def tenant_id(transactional_db: None) -> UUID:
    """Folding sees committed transactions only, so these tests commit."""
    return make_tenant().id


def test_events_are_summed_with_corrections_moving_their_messages(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold_everything()
    assert counted(tenant_id) == EXPECTED


def test_folding_again_adds_nothing(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold_everything()
    assert fold_all() == 0
    assert counted(tenant_id) == EXPECTED


def test_small_folds_add_up_to_the_same(tenant_id: UUID) -> None:
    write_day(tenant_id)
    assert fold_everything(limit=1) == 6
    assert counted(tenant_id) == EXPECTED


def test_money_and_latency_are_summed_where_they_arose(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold_everything()
    with tenant_context(tenant_id):
        submitted, delivered = (
            Rollup.objects.get(outcome=Status.SUBMITTED),
            Rollup.objects.get(outcome=Status.DELIVERED),
        )
    assert (submitted.charged_micros, submitted.cost_micros) == (9 * 150_000, 9 * 75_000)
    assert (delivered.latency_ms, delivered.charged_micros) == (5_000, 0)


def test_quarters_are_those_of_utc_in_which_messages_were_accepted(tenant_id: UUID) -> None:
    at = utc_now().replace(minute=44, second=59, microsecond=999_000)
    with tenant_context(tenant_id):
        make_messages(1, accepted_at=at)
        make_messages(2, accepted_at=at + timedelta(milliseconds=1))
    fold_everything()
    with tenant_context(tenant_id):
        found = dict(Rollup.objects.values_list("quarter__minute", "messages"))
    assert found == {30: 1, 45: 2}


def test_an_event_that_commits_late_is_not_lost(tenant_id: UUID) -> None:
    """Its id is smaller than that of an event folded before: only the transaction's horizon tells."""
    began, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with tenant_context(tenant_id):
                make_messages(3)
                began.set()
                may_commit.wait(10)
        finally:
            connection.close()

    writer = threading.Thread(target=write_slowly)
    writer.start()
    began.wait(10)
    with tenant_context(tenant_id):
        make_messages(4)
    fold_all()
    before = counted(tenant_id)
    may_commit.set()
    writer.join()
    fold_everything()
    assert (before, counted(tenant_id)) == ({}, {Status.ACCEPTED: 7})


def test_two_folders_at_once_count_every_event_once(tenant_id: UUID) -> None:
    for _ in range(10):
        write_day(tenant_id)

    def run() -> None:
        try:
            fold_everything(limit=3)
        finally:
            connection.close()

    folders = [threading.Thread(target=run) for _ in range(2)]
    for folder in folders:
        folder.start()
    for folder in folders:
        folder.join()
    assert counted(tenant_id) == {status: 10 * count for status, count in EXPECTED.items()}


KILLED = """
import os, signal, django
django.setup()
from django.conf import settings
from reporting import folding
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
folding.advance = die
while True:
    folding.fold_all()
"""


def test_a_folder_killed_before_its_commit_leaves_nothing_half_counted(tenant_id: UUID) -> None:
    write_day(tenant_id)
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": f"{ROOT}:{ROOT}/platform"}
    name = str(connection.settings_dict["NAME"])
    script = KILLED.replace("from reporting", f"settings.DATABASES['default']['NAME'] = {name!r}\nfrom reporting")
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=False, timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert counted(tenant_id) == {}
    fold_everything()
    assert counted(tenant_id) == EXPECTED


def test_another_tenant_sees_no_roll_ups(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold_everything()
    assert counted(uuid7()) == {}


def test_a_recount_of_untouched_figures_finds_nothing(tenant_id: UUID) -> None:
    write_day(tenant_id)
    write_day(make_tenant().id)
    fold()
    assert recount(since=utc_now() - timedelta(days=1), now=utc_now()) == []
    call_command("recount_rollups")


def test_a_recount_before_everything_is_folded_finds_nothing(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold(limit=2)
    assert recount(since=utc_now() - timedelta(days=1), now=utc_now()) == []


def test_a_recount_in_pages_adds_up(tenant_id: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two events, some folded before the recount and some while it counts."""
    monkeypatch.setattr(recounting, "EVENTS_PER_PAGE", 2)
    write_day(tenant_id)
    fold(limit=3)
    paged = recounting._pages

    def fold_meanwhile(tenant_id: UUID) -> Iterator[tuple[int, int]]:
        for page in paged(tenant_id):
            yield page
            fold_everything(limit=1)

    monkeypatch.setattr(recounting, "_pages", fold_meanwhile)
    assert recount(since=utc_now() - timedelta(days=1), now=utc_now()) == []


def test_a_recount_names_a_roll_up_that_was_changed(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold_everything()
    with tenant_context(tenant_id):
        Rollup.objects.filter(outcome=Status.DELIVERED).update(messages=60, latency_ms=0)
    (difference,) = recount(since=utc_now() - timedelta(days=1), now=utc_now())
    assert "outcome=delivered" in str(difference)
    assert difference.excess["messages"] == -54
    assert difference.excess["latency_ms"] == 5_000
    with pytest.raises(CommandError, match="1 differences"):
        call_command("recount_rollups", stderr=io.StringIO())


def test_a_recount_names_messages_that_the_log_does_not_know(tenant_id: UUID) -> None:
    write_day(tenant_id)
    fold_everything()
    with tenant_context(tenant_id):
        Message.objects.filter(status=Status.ACCEPTED).update(status=Status.DELIVERED)
    (difference,) = recount(since=utc_now() - timedelta(days=1), now=utc_now())
    assert "log and messages: delivered: messages +1" in str(difference)
