from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.db import ProgrammingError

from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7_floor
from messaging.models import Batch, IdempotencyKey, Message, MessageEvent, RefusalWords, UnmatchedReceipt
from messaging.services import retention
from messaging.services.books import audit_tenant
from messaging.services.partitions import MESSAGE_PARTS
from messaging.services.retention import BATCH_DAYS, forget_old, kept_since
from messaging.statuses import BatchState, EventKind, Status
from messaging.tests.rows import finish, make_event, make_messages
from messaging.tests.world import draft, make_world
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def now() -> datetime:
    return utc_now()


@pytest.fixture
def tenant_id() -> UUID:
    return make_tenant().id


def batch(tenant_id: UUID, accepted_at: datetime, state: BatchState = BatchState.CLOSED) -> UUID:
    """A batch whose key tells when it was accepted, as keys do."""
    with tenant_context(tenant_id):
        (message,) = make_messages(state=state)
        Batch.objects.filter(ids=[message.id]).update(id=uuid7_floor(accepted_at), not_after=accepted_at + DAY)
    return uuid7_floor(accepted_at)


def batches(tenant_id: UUID) -> set[UUID]:
    with tenant_context(tenant_id):
        return set(Batch.objects.values_list("pk", flat=True))


def test_batches_go_when_no_receipt_can_come_any_more(tenant_id: UUID, now: datetime) -> None:
    old = batch(tenant_id, now - (BATCH_DAYS + 2) * DAY)
    younger = batch(tenant_id, now - (BATCH_DAYS - 1) * DAY)
    still_open = batch(tenant_id, now - 100 * DAY, BatchState.SENT)
    assert forget_old(now)["batches"] == 1
    assert batches(tenant_id) == {younger, still_open}
    assert old not in batches(tenant_id)


def test_more_than_a_stride_goes_in_one_night(tenant_id: UUID, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "STRIDE", 2)
    stays = batch(tenant_id, now - 99 * DAY, BatchState.HELD)
    for number in range(5):
        batch(tenant_id, now - (90 - number) * DAY)
    assert forget_old(now)["batches"] == 5
    assert batches(tenant_id) == {stays}


def test_answers_to_repeated_requests_are_kept_for_a_day(tenant_id: UUID, now: datetime) -> None:
    with tenant_context(tenant_id):
        for hours in (23, 25):
            at = now - timedelta(hours=hours)
            given = {"request_hash": "x", "status_code": 202, "answer": {}, "created_at": at}
            IdempotencyKey.objects.create(id=uuid7_floor(at), key=f"{hours}", **given)
    assert forget_old(now)["idempotency_keys"] == 1
    with tenant_context(tenant_id):
        assert [row.key for row in IdempotencyKey.objects.all()] == ["23"]


def test_words_of_refusals_go_with_the_texts_they_quote(
    tenant_id: UUID, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STRIDE", 2)
    with tenant_context(tenant_id):
        for days in (-3, -2, -1, 1):
            RefusalWords.objects.create(ids=[], detail=f"{days}", remedy="", until=now + days * DAY)
    assert forget_old(now)["refusal_words"] == 3
    with tenant_context(tenant_id):
        assert [row.detail for row in RefusalWords.objects.all()] == ["1"]


def test_words_of_refusals_are_inserted_only(tenant_id: UUID, now: datetime) -> None:
    with tenant_context(tenant_id), pytest.raises(ProgrammingError, match="permission denied"):
        RefusalWords.objects.all().delete()


def test_receipts_nobody_claimed_are_kept_for_a_week(now: datetime) -> None:
    with platform_context(reason="test"):
        for days in (8, 6):
            UnmatchedReceipt.objects.create(route_id=1, operator_ids=["A"], received_at=now - days * DAY)
    assert forget_old(now)["unmatched_receipts"] == 1
    with platform_context(reason="test"):
        assert UnmatchedReceipt.objects.count() == 1


def test_old_rows_of_the_log_go_and_young_ones_stay(tenant_id: UUID, now: datetime) -> None:
    kept = settings.MESSAGE_RETENTION_DAYS
    with tenant_context(tenant_id):
        (message,) = make_messages()
        for days in (kept + 2, kept + 1, kept - 1):
            make_event([message], EventKind.SUBMITTED, Status.SUBMITTED, at=now - days * DAY)
    assert forget_old(now)["message_events"] == 2
    assert kept_since(now) > now - kept * DAY


def test_the_log_is_append_only_for_everybody_but_its_end(tenant_id: UUID, now: datetime) -> None:
    with tenant_context(tenant_id):
        (message,) = make_messages()
        make_event([message], EventKind.SUBMITTED, Status.SUBMITTED, at=now - 31 * DAY)
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(tenant_id):
        run("DELETE FROM message_events")
    with pytest.raises(ProgrammingError, match="permission denied"), platform_context(reason="test"):
        run("UPDATE message_events SET messages = 0")
    with platform_context(reason="test"):
        assert run("DELETE FROM message_events") == 1
        assert MessageEvent.objects.count() == 1


def run(statement: str) -> int:
    with scoped_connection().cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def test_parts_are_filed_under_the_week_of_their_message(tenant_id: UUID, now: datetime) -> None:
    with tenant_context(tenant_id), scoped_connection().cursor() as cursor:
        for at in (now, now + 20 * DAY):
            cursor.execute(
                "INSERT INTO message_parts VALUES (%s, %s, 1, 50, NULL, %s)", [tenant_id, uuid7_floor(at), now]
            )
        cursor.execute("SELECT tableoid::regclass::text FROM message_parts ORDER BY message_id")
        found = [name for (name,) in cursor.fetchall()]
    assert found == [MESSAGE_PARTS.name(MESSAGE_PARTS.start_of(at)) for at in (now, now + 20 * DAY)]


def test_books_and_recounts_begin_where_everything_is_kept(now: datetime) -> None:
    """Messages of a day that is over are gone by partition, their events not yet: no difference."""
    world = make_world()
    with tenant_context(world.tenant_id):
        world.accept(draft())
        gone = make_messages(3, accepted_at=now - DAY)
        finish(gone, Status.DELIVERED)
        assert [each.code for each in audit_tenant(world.tenant_id)] == []
        Message.objects.filter(id__in=[message.id for message in gone]).delete()
        assert [each.code for each in audit_tenant(world.tenant_id)] == ["outcomes"]
        assert audit_tenant(world.tenant_id, since=now - timedelta(hours=1)) == []
