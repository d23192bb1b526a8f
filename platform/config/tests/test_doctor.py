from __future__ import annotations

import io
from datetime import timedelta

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django import Settings

from billing.models import Wallet
from billing.tests.builders import make_wallet
from config import doctor
from config.doctor import Finding, examine
from kernel.db.dsn import conninfo
from kernel.db.locks import BEAT_LOCK, try_hold
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from messaging.models import Batch
from messaging.services.partitions import make_partitions
from messaging.statuses import BatchState
from messaging.tests.rows import make_messages
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _healthy() -> None:
    """A beat that ticks, partitions for four weeks."""
    every, _ = IntervalSchedule.objects.get_or_create(every=2, period=IntervalSchedule.SECONDS)
    values = {"task": "reporting.fold", "interval": every, "last_run_at": utc_now()}
    PeriodicTask.objects.update_or_create(name="reporting.fold", defaults=values)
    make_partitions()


def findings(*, later: timedelta = timedelta()) -> dict[str, Finding]:
    return {finding.check: finding for finding in examine(utc_now() + later)}


def test_nothing_is_found_where_nothing_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_SHARE", 0.0)
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue() == "Nothing is wrong.\n"


def test_partitions_below_two_weeks_are_an_alarm() -> None:
    assert "partitions" not in findings(later=timedelta(days=13))
    finding = findings(later=timedelta(days=22))["partitions"]
    assert "tables below two weeks" in str(finding)
    assert "OWNER_DATABASE_URL" in str(finding)


def test_a_clock_that_is_off_is_named_with_its_difference() -> None:
    assert "-60 s" in findings(later=timedelta(minutes=1))["clock"].detail


def test_a_beat_that_stopped_is_found() -> None:
    PeriodicTask.objects.update(last_run_at=utc_now() - timedelta(hours=1))
    assert findings()["beat"].remedy.startswith("Start `manage.py beat`")
    PeriodicTask.objects.update(last_run_at=None)
    assert findings()["beat"].detail.endswith("never")


def test_a_beat_that_has_just_begun_is_not_asked_for_a_tick() -> None:
    PeriodicTask.objects.update(last_run_at=None)
    with psycopg.connect(conninfo(), autocommit=True) as beat:
        assert try_hold(beat, BEAT_LOCK)
        assert "beat" not in findings()


def test_batches_that_nobody_claims_are_found() -> None:
    with tenant_context(make_tenant().id):
        make_messages(3, state=BatchState.READY, accepted_at=utc_now() - timedelta(hours=1))
    assert "1 batches of class transactional wait" in findings()["queues"].detail


def test_a_lease_that_nobody_takes_back_is_found() -> None:
    with tenant_context(make_tenant().id):
        make_messages(state=BatchState.LEASED)
        assert Batch.objects.update(lease_until=utc_now() - timedelta(minutes=5)) == 1
    assert "the leases of 1 batches ran out" in findings()["leases"].detail


def test_a_broker_out_of_reach_is_named_by_its_address_without_its_password(settings: Settings) -> None:
    settings.BROKER_URL = "redis://:s3cret@127.0.0.1:1/0"
    detail = findings()["broker"].detail
    assert detail.startswith("127.0.0.1:1 does not answer")
    assert "s3cret" not in detail


def test_a_disk_that_fills_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "MIN_FREE_SHARE", 1.0)
    assert "MESSAGE_RETENTION_DAYS" in findings()["disk"].remedy


def test_figures_that_stand_still_are_found() -> None:
    with tenant_context(make_tenant().id):
        make_messages(1, accepted_at=utc_now() - timedelta(hours=1))
    assert "the roll-ups end at" in findings()["figures"].detail


def test_a_wallet_that_is_not_its_ledger_ends_the_command_with_an_error() -> None:
    tenant = make_tenant()
    with tenant_context(tenant.id):
        make_wallet()
        Wallet.objects.update(balance_micros=1)
    with pytest.raises(CommandError, match="findings"):
        call_command("doctor", stderr=(err := io.StringIO()))
    assert f"money: 1 wallets are not the sum of their ledger, the first of tenant {tenant.id}" in err.getvalue()
