"""Audiences end with the messages of their campaigns."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from campaigns.models import Chunk, Contact
from campaigns.presentation import unwritten_people
from campaigns.services import audience, forgetting
from campaigns.services.forgetting import forget_audiences
from campaigns.statuses import ChunkState
from campaigns.tests.builders import Cast, expand_all, make_campaign, make_list, number, start
from campaigns.why import why
from kernel.db.tenancy import tenant_context
from messaging.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "CHUNK_SIZE", 2)
    monkeypatch.setattr(forgetting, "STRIDE", 2)


def test_people_of_a_campaign_are_forgotten_when_its_messages_go(cast: Cast, settings: Settings) -> None:
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list("A", 6)))
        expand_all(run)
    over = run.frozen_at + timedelta(days=settings.MESSAGE_RETENTION_DAYS)
    assert forget_audiences(now=over) == 0
    assert forget_audiences(now=over + timedelta(seconds=1)) == 3
    assert forget_audiences(now=over + timedelta(seconds=1)) == 0
    with tenant_context(cast.tenant_id):
        assert {(tuple(chunk.contact_ids), chunk.size) for chunk in Chunk.objects.all()} == {((), 2)}


def test_who_has_not_been_written_to_yet_is_kept(cast: Cast, settings: Settings) -> None:
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list("A", 2)))
    assert forget_audiences(now=run.frozen_at + timedelta(days=settings.MESSAGE_RETENTION_DAYS + 1)) == 0


def test_pages_about_a_forgotten_audience_say_so(cast: Cast, settings: Settings) -> None:
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list("A", 2)))
        Chunk.objects.update(state=ChunkState.CANCELLED)
    forget_audiences(now=run.frozen_at + timedelta(days=settings.MESSAGE_RETENTION_DAYS + 1))
    with tenant_context(cast.tenant_id):
        assert not Message.objects.exists()
        assert Contact.objects.filter(phone=number(0)).exists()
        assert why(run.campaign, number(0)).state == "not known any more"
        found = unwritten_people(run, ChunkState.CANCELLED, 0)
        assert (found.people, found.next_position) == ([], None)
