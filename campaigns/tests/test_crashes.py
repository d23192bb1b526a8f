"""Workers that are killed in the middle: nobody is lost, nobody is written to twice, no row is imported twice."""

from __future__ import annotations

from uuid import UUID

import pytest

from campaigns import tasks
from campaigns.models import Chunk, ContactList, Import, Membership, Run
from campaigns.progress import progress_of
from campaigns.services import audience, imports, running
from campaigns.statuses import ChunkState
from campaigns.tests.builders import make_campaign, make_cast, make_list, start
from campaigns.tests.files import again, confirm, csv_of, upload
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from messaging.models import Message
from tests.waiting import until
from tests.workers import kill, worker

PEOPLE = 4_000
ROWS = 60_000


def chunks_done(tenant_id: UUID) -> int:
    with tenant_context(tenant_id):
        return Chunk.objects.filter(state=ChunkState.DONE).count()


def free_chunks(tenant_id: UUID) -> int:
    """Chunks that no session holds; that of a killed worker may outlive it for a moment."""
    with tenant_context(tenant_id):
        return len(Chunk.objects.select_for_update(skip_locked=True).values_list("id"))


def send_lost_chunks(tenant_id: UUID, run_id: UUID) -> None:
    """What `look_after` does when PATIENCE is over."""
    with tenant_context(tenant_id):
        lost = running.queue_chunks(run_id=run_id, limit=100, now=utc_now() + 2 * running.PATIENCE)
    for chunk_id in lost:
        tasks.expand_chunk.delay(str(tenant_id), str(chunk_id))


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_expanding_loses_and_doubles_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CHUNK_SIZE", 100)
    cast = make_cast()
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list(count=PEOPLE)))
    with worker() as first:
        tasks.send_chunks(str(cast.tenant_id), run.id, running.WINDOW)
        until(lambda: chunks_done(cast.tenant_id) >= 3, 60)
        kill(first)
    assert chunks_done(cast.tenant_id) < run.chunks
    until(lambda: free_chunks(cast.tenant_id) == run.chunks, 60)
    with worker():
        send_lost_chunks(cast.tenant_id, run.id)
        until(lambda: chunks_done(cast.tenant_id) == run.chunks, 60)
    with tenant_context(cast.tenant_id):
        recipients = list(Message.objects.values_list("recipient", flat=True))
        assert (len(recipients), len(set(recipients))) == (PEOPLE, PEOPLE)
        progress = progress_of(run.campaign, Run.objects.get())
    assert (progress.target, sum(progress.terms.values()), progress.unwritten) == (PEOPLE, PEOPLE, 0)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_importing_doubles_no_row() -> None:
    cast = make_cast()
    found = confirm(upload(cast.tenant_id, csv_of(ROWS)))
    arguments = (str(cast.tenant_id), str(found.id))
    with worker() as first:
        tasks.run_import.delay(*arguments)
        until(lambda: again(cast.tenant_id, found.id).position > 0, 60)
        kill(first)
    assert again(cast.tenant_id, found.id).state == "importing"
    # The row is locked until PostgreSQL has noticed that its client is gone.
    lost = until(lambda: imports.forgotten(now=utc_now() + 2 * imports.PATIENCE))
    assert lost == [(cast.tenant_id, found.id)]
    with worker():
        tasks.run_import.delay(*arguments)
        until(lambda: again(cast.tenant_id, found.id).state == "imported", 60)
    with tenant_context(cast.tenant_id):
        done = Import.objects.get()
        assert (done.added, done.already_listed, done.repeated, done.rejected) == (ROWS, 0, 0, 0)
        assert Membership.objects.count() == ContactList.objects.get().size == ROWS
