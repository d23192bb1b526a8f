"""Trails broken by somebody with the owner's rights, and what finds it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.heads import heads_file, public_key, write_heads
from audit.models import Entry, Seal
from audit.sealing import GENESIS, digest, seal_all
from audit.services import Actor, record
from audit.tasks import seal
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7, uuid7_floor
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _place(settings: Any, tmp_path: Path) -> None:
    settings.AUDIT_HEADS = tmp_path / "audit"


@pytest.fixture
def tenant() -> UUID:
    """A trail of five entries, sealed, with a head outside."""
    tenant_id = uuid7()
    act(tenant_id, 5)
    seal_all(now=NOW)
    write_heads(now=NOW)
    return tenant_id


def act(tenant_id: UUID, count: int) -> None:
    with tenant_context(tenant_id):
        for number in range(count):
            actor, summary = Actor(uuid7(), "Asha Rao"), f"Changed thing {number}"
            record(action="thing.change", actor=actor, object_type="thing", object_id=uuid7(), summary=summary, now=NOW)


@contextmanager
def forger() -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    """The owner, who lifts his own row security and keys first."""
    with connection.as_owner() as owner, owner.transaction():  # type: ignore[attr-defined]  # tests.backend's
        owner.execute("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE audit_seal NO FORCE ROW LEVEL SECURITY")
        keys = owner.execute("""SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = 'audit_seal'::regclass AND contype = 'f'""").fetchall()
        for name, _ in keys:
            owner.execute(f'ALTER TABLE audit_seal DROP CONSTRAINT "{name}"'.encode())
        yield owner
        for name, definition in keys:
            owner.execute(f'ALTER TABLE audit_seal ADD CONSTRAINT "{name}" {definition} NOT VALID'.encode())
        owner.execute("ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY")
        owner.execute("ALTER TABLE audit_seal FORCE ROW LEVEL SECURITY")


def entry_of(owner: psycopg.Connection[tuple[Any, ...]], tenant: UUID, number: int) -> UUID:
    found = owner.execute("SELECT entry_id FROM audit_seal WHERE tenant_id = %s AND number = %s", [tenant, number])
    ((entry_id,),) = found.fetchall()
    return UUID(str(entry_id))


def said(*arguments: str) -> str:
    """What the command says when it finds something; it must."""
    told = StringIO()
    with pytest.raises(CommandError, match="wrong with the audit trail"):
        call_command("verify_audit", *arguments, stdout=told, stderr=told)
    return told.getvalue()


def holds(*arguments: str) -> str:
    told = StringIO()
    call_command("verify_audit", *arguments, stdout=told, stderr=told)
    return told.getvalue()


def test_an_honest_trail_holds_and_says_what_is_not_sealed(tenant: UUID) -> None:
    act(tenant, 2)
    told = holds()
    assert f"tenant {tenant}: 5 sealed, 1 head, 2 not sealed yet" in told
    assert "2 trails hold, 1 signed head agrees" in told


def test_a_changed_entry_is_found(tenant: UUID) -> None:
    with forger() as owner:
        owner.execute("UPDATE audit_entry SET summary = 'Nothing' WHERE id = %s", [entry_of(owner, tenant, 3)])
    assert f"tenant {tenant}: seal 3: entry" in (told := said("--tenant", str(tenant)))
    assert "is not the one that was sealed here" in told


def test_a_deleted_entry_is_found(tenant: UUID) -> None:
    with forger() as owner:
        owner.execute("DELETE FROM audit_entry WHERE id = %s", [entry_of(owner, tenant, 2)])
    assert "seal 2: its entry" in said()


def test_an_entry_deleted_with_its_seal_is_found(tenant: UUID) -> None:
    with forger() as owner:
        owner.execute("DELETE FROM audit_entry WHERE id = %s", [entry_of(owner, tenant, 2)])
        owner.execute("DELETE FROM audit_seal WHERE tenant_id = %s AND number = 2", [tenant])
    assert "seal 3: the seals 2 before it are missing" in said()


def test_reordered_entries_are_found(tenant: UUID) -> None:
    with forger() as owner:
        second, third = entry_of(owner, tenant, 2), entry_of(owner, tenant, 3)
        swap = "UPDATE audit_seal SET entry_id = %s WHERE tenant_id = %s AND number = %s"
        owner.execute(swap, [uuid7(), tenant, 2])
        owner.execute(swap, [second, tenant, 3])
        owner.execute(swap, [third, tenant, 2])
    told = said()
    assert "seal 2: entry" in told
    assert "seal 3: entry" in told


def test_a_trail_cut_off_at_its_end_is_found(tenant: UUID) -> None:
    with forger() as owner:
        last = entry_of(owner, tenant, 5)
        owner.execute("DELETE FROM audit_seal WHERE tenant_id = %s AND number = 5", [tenant])
        owner.execute("DELETE FROM audit_entry WHERE id = %s", [last])
    assert "seal 5: the end is cut off: there were 5 seals" in said()


def test_a_trail_of_which_nothing_is_left_is_found(tenant: UUID) -> None:
    with forger() as owner:
        owner.execute("DELETE FROM audit_seal WHERE tenant_id = %s", [tenant])
        owner.execute("DELETE FROM audit_entry WHERE tenant_id = %s", [tenant])
    assert f"tenant {tenant}: seal 1: the end is cut off" in said()


def recompute(tenant: UUID) -> None:
    """A forger who knows how: an entry changed and every seal made anew."""
    with forger() as owner:
        owner.execute("UPDATE audit_entry SET summary = 'Nothing' WHERE id = %s", [entry_of(owner, tenant, 2)])
    with tenant_context(tenant):
        seals = list(Seal.objects.order_by("number").select_related("entry"))
    previous = GENESIS
    with forger() as owner:
        for seal in seals:
            previous = digest(previous, seal.entry)
            owner.execute("UPDATE audit_seal SET digest = %s WHERE id = %s", [previous, seal.id])


def test_a_whole_chain_that_was_recomputed_is_found(tenant: UUID) -> None:
    recompute(tenant)
    told = said()
    assert "seal 5: it is not what was signed outside" in told
    assert "the chain was recomputed" in told


def test_without_the_heads_a_recomputed_chain_would_hold(tenant: UUID) -> None:
    """What the file is for; and its absence is found too, by the note in the platform's trail."""
    recompute(tenant)
    heads_file().unlink()
    told = said()
    assert f"tenant {tenant}: 5 sealed, 0 heads" in told
    assert "heads.jsonl is not there" in told


def test_an_entry_put_in_with_an_old_date_is_found(tenant: UUID) -> None:
    with tenant_context(tenant):
        Entry.objects.create(
            id=uuid7_floor(datetime.now(UTC) - timedelta(days=3)), at=NOW, actor_label="x", action="thing.forge",
            object_type="thing", object_id=uuid7(), summary="Old",
        )  # fmt: skip
    seal_all(now=NOW)
    assert "(thing.forge) was put in after its time" in said()


def test_the_next_heads_follow_and_only_of_what_grew(tenant: UUID) -> None:
    other = uuid7()
    act(other, 1)
    seal_all(now=NOW)
    before = heads_file().read_bytes()
    assert write_heads(now=NOW) == 2  # the other tenant's, and the platform's own note of the first writing
    assert heads_file().read_bytes().startswith(before)
    assert "signed heads agree" in holds()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda lines: [lines[0].replace(b'"number":5', b'"number":4'), *lines[1:]], "line 1 is not signed by"),
        (lambda lines: lines[1:], "line 1 does not follow"),
        (lambda lines: [lines[0], *lines[2:]], "line 2 does not follow"),
        (lambda lines: [lines[1], lines[0], *lines[2:]], "line 1 does not follow"),
        (lambda lines: lines[:-1], "is gone: the end is cut off"),
        (lambda lines: [*lines, b"{}\n"], "line 4 cannot be read"),
    ],
    ids=["edited", "beginning cut", "middle cut", "reordered", "end cut", "lengthened"],
)
def test_a_file_of_heads_that_was_tampered_with_is_found(tenant: UUID, edit: Any, words: str) -> None:
    act(tenant, 1)
    seal_all(now=NOW)
    write_heads(now=NOW)
    lines = heads_file().read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    heads_file().write_bytes(b"".join(edit(lines)))
    assert words in said()


def test_a_tenant_can_check_a_copy_with_the_public_key_alone(tenant: UUID, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(heads_file().read_bytes())
    assert holds("--public-key").strip() == public_key()
    assert "1 signed head agrees" in holds("--heads", str(copy), "--key", public_key(), "--tenant", str(tenant))
    assert "is not signed by this installation's key" in said("--heads", str(copy), "--key", "0" * 64)


def test_the_key_is_its_owners_alone_and_may_come_from_the_environment(settings: Any) -> None:
    first = public_key()
    assert (settings.AUDIT_HEADS / "signing.key").stat().st_mode & 0o777 == 0o600
    assert public_key() == first
    settings.AUDIT_SIGNING_KEY = "11" * 32
    assert public_key() != first


def test_where_nothing_was_written_yet_nothing_is_missing() -> None:
    act(uuid7(), 1)
    assert not heads_file().exists()
    told = holds()
    assert "no heads were written yet" in told
    assert "1 trail holds, 0 signed heads agree" in told


def test_the_first_sealing_writes_the_first_heads() -> None:
    seal()
    assert not heads_file().exists()
    act(uuid7(), 1)
    until(lambda: seal() or heads_file().exists())
    assert "1 head, 0 not sealed yet" in holds()


def test_one_fault_is_one_thing(tenant: UUID) -> None:
    heads_file().unlink()
    with pytest.raises(CommandError, match="1 thing is wrong"):
        call_command("verify_audit", stdout=StringIO(), stderr=StringIO())
