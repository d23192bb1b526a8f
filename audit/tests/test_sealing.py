from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from audit.models import Entry, Seal
from audit.sealing import GENESIS, digest, seal_all, seal_tenant
from audit.services import Actor, Where, current_where, record
from audit.verifying import verify_tenant
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.ids import uuid7

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
A, B = uuid7(), uuid7()


def act(tenant: UUID, number: int) -> Entry:
    with tenant_context(tenant):
        return record(
            action="thing.change",
            actor=Actor(uuid7(), "Asha Rao"),
            object_type="thing",
            object_id=uuid7(),
            summary=f"Changed thing {number}",
            before={"size": number},
            after={"size": number + 1},
            now=NOW,
        )


def test_every_tenant_has_a_chain_of_its_own() -> None:
    for number in range(3):
        act(A, number)
    act(B, 0)
    assert seal_all(now=NOW) == 4
    for tenant, length in ((A, 3), (B, 1)):
        with tenant_context(tenant):
            seals = list(Seal.objects.order_by("number").select_related("entry"))
            assert [seal.number for seal in seals] == list(range(1, length + 1))
            assert seals[0].digest == digest(GENESIS, seals[0].entry)
        assert verify_tenant(tenant).breaks == []


def test_sealing_goes_on_where_it_stopped() -> None:
    act(A, 1)
    assert [seal_all(now=NOW), seal_all(now=NOW)] == [1, 0]
    act(A, 2)
    assert seal_all(now=NOW) == 1
    assert verify_tenant(A).breaks == []


def test_long_trails_are_sealed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.sealing.AT_ONCE", 2)
    for number in range(5):
        act(A, number)
    with tenant_context(A):
        assert seal_tenant(now=NOW) == 2
    assert seal_all(now=NOW) == 3
    assert verify_tenant(A).breaks == []


@pytest.mark.parametrize("field", ["at", "actor_label", "action", "object_type", "summary", "before", "after"])
def test_every_column_is_under_the_seal(field: str) -> None:
    entry = act(A, 1)
    honest = digest(GENESIS, entry)
    setattr(entry, field, datetime(2020, 1, 1, tzinfo=UTC) if field == "at" else "forged")
    assert digest(GENESIS, entry) != honest
    assert digest("f" * 64, act(A, 1)) != honest


def test_from_where_is_under_the_seal_too() -> None:
    nowhere = act(A, 1)
    assert (nowhere.ip, nowhere.agent) == (None, None)
    token = current_where.set(lambda: Where("203.0.113.7", "curl/8"))
    entry = act(A, 2)
    current_where.reset(token)
    honest = digest(GENESIS, entry)
    for field in ("ip", "agent"):
        forged = Entry.objects.model(**{each.attname: getattr(entry, each.attname) for each in Entry._meta.fields})
        setattr(forged, field, None)
        assert digest(GENESIS, forged) != honest
    before = digest(GENESIS, nowhere)
    nowhere.ip = "203.0.113.7"
    assert digest(GENESIS, nowhere) != before


def test_an_entry_is_written_for_a_tenant_from_the_platform_too() -> None:
    with platform_context(reason="test"):
        made = record(
            action="tenant.create",
            actor=Actor(None, "Dakiya"),
            object_type="tenant",
            object_id=A,
            summary="x" * 600,
            tenant_id=A,
        )
    with tenant_context(A):
        assert Entry.objects.get() == made
        assert len(Entry.objects.get().summary) == 500
    with tenant_context(B):
        assert not Entry.objects.exists()
