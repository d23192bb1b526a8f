"""Whether a trail is still what was written: its seals recomputed, and compared with the signed heads outside.

| what somebody did to the database | what shows it |
| --- | --- |
| changed an entry, or exchanged two | the entry's digest |
| deleted an entry, or a seal | the seal without its entry, the gap in the numbers |
| cut off the last entries with their seals | the last head: its seal is gone |
| recomputed the whole chain | the first head written after the change: its digest is another one |
| put in an entry with an old date | it was never sealed |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from audit.heads import ACTION, Head, HeadsMissing, HeadsProblem, read_heads
from audit.models import Entry, Seal
from audit.sealing import AT_ONCE, GENESIS, LONGEST, digest
from audit.services import PLATFORM
from kernel.db.tenancy import platform_context
from kernel.domain.ids import uuid7_floor, uuid7_time

# A forger leaves thousands of wrong digests behind: after so many the rest says nothing new.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Break:
    """Where a trail does not hold: the number of the seal, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Heads:
    """What the file outside the database says.

    Args:
        of_tenant: the heads of each trail, oldest first.
        lines: the hash of every line, from the first.
        problem: why the rest of the file cannot be believed; empty when it holds.
        is_missing: there is no file, which is in order as long as none was written.
    """

    of_tenant: Mapping[UUID, Sequence[Head]] = field(default_factory=dict)
    lines: Sequence[str] = ()
    problem: str = ""
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """One trail.

    Args:
        sealed: seals that were looked at.
        heads: signed heads that they were compared with.
        unsealed: entries that the next sealing will cover; nothing vouches for them yet.
    """

    tenant_id: UUID
    sealed: int
    heads: int
    unsealed: int
    breaks: Sequence[Break]


def load_heads(path: Path, key: Ed25519PublicKey) -> Heads:
    """Every head up to the first line that does not hold."""
    of_tenant: dict[UUID, list[Head]] = {}
    lines: list[str] = []
    try:
        for head, line_hash in read_heads(path, key):
            of_tenant.setdefault(head.tenant_id, []).append(head)
            lines.append(line_hash)
    except HeadsProblem as problem:
        return Heads(of_tenant, lines, str(problem), isinstance(problem, HeadsMissing))
    return Heads(of_tenant, lines)


def verify_tenant(tenant_id: UUID, heads: Sequence[Head] = ()) -> Report:
    """Look at one trail, in a transaction of its own; outside contexts."""
    with platform_context(reason="verify an audit trail"):
        outside = {head.number: head for head in heads}
        breaks: list[Break] = []
        number = 0
        for number, found in _walk(tenant_id, outside):
            breaks += found
            if len(breaks) >= MOST:
                breaks.append(Break(number, "and more behind it"))
                break
        else:
            breaks += _cut_off(number, heads)
        unsealed = Entry.objects.filter(tenant_id=tenant_id, seals=None)
        breaks += _slipped_in(tenant_id)
        return Report(tenant_id, number, len(heads), unsealed.count(), breaks)


def verify_heads(heads: Heads) -> list[str]:
    """What speaks against the file itself, in words; outside contexts."""
    problems = [f"heads: {heads.problem}"] if heads.problem else []
    with platform_context(reason="read what was written outside the database"):
        notes = Entry.objects.filter(tenant_id=PLATFORM, action=ACTION).order_by("pk").values_list("at", "after")
        if heads.is_missing and not notes.exists():
            return []
        for at, after in notes.iterator(chunk_size=AT_ONCE):
            said = after or {}
            line, line_hash = int(said.get("line", 1)), str(said.get("hash"))
            if line > len(heads.lines):
                if not heads.problem:
                    problems.append(f"heads: line {line}, written {at:%Y-%m-%d %H:%M} UTC, is gone: the end is cut off")
                break
            if heads.lines[line - 1] != line_hash:
                problems.append(f"heads: line {line} is not the one that was written {at:%Y-%m-%d %H:%M} UTC")
                break
    return problems


def _walk(tenant_id: UUID, outside: Mapping[int, Head]) -> Iterator[tuple[int, list[Break]]]:
    """Every seal in order, with what is wrong at it."""
    previous, expected = GENESIS, 1
    seals = Seal.objects.filter(tenant_id=tenant_id).order_by("number")
    for rows in _strides(seals.values_list("number", "entry_id", "digest").iterator(chunk_size=AT_ONCE)):
        entries = Entry.objects.filter(tenant_id=tenant_id).in_bulk([entry_id for _, entry_id, _ in rows])
        for number, entry_id, sealed in rows:
            found: list[Break] = []
            if number != expected:
                missing = f"{expected}" if number == expected + 1 else f"{expected} to {number - 1}"
                found.append(Break(number, f"the seals {missing} before it are missing"))
            entry = entries.get(entry_id)
            if entry is None:
                found.append(Break(number, f"its entry {entry_id} is missing"))
            elif number == expected and digest(previous, entry) != sealed:
                found.append(Break(number, f"entry {entry_id} ({entry.action}) is not the one that was sealed here"))
            head = outside.get(number)
            if head is not None and head.digest != sealed:
                words = f"it is not what was signed outside at {head.at} (line {head.line}): the chain was recomputed"
                found.append(Break(number, words))
            yield number, found
            previous, expected = sealed, number + 1


def _strides(rows: Iterator[tuple[int, UUID, str]]) -> Iterator[list[tuple[int, UUID, str]]]:
    while stride := list(islice(rows, AT_ONCE)):
        yield stride


def _cut_off(last: int, heads: Sequence[Head]) -> list[Break]:
    gone = [head for head in heads if head.number > last]
    if not gone:
        return []
    head = gone[-1]
    return [
        Break(last + 1, f"the end is cut off: there were {head.number} seals at {head.at} (line {head.line} outside)")
    ]


def _slipped_in(tenant_id: UUID) -> list[Break]:
    """Entries that are older than what sealing looks at: they were not there when their time was sealed."""
    last = Seal.objects.filter(tenant_id=tenant_id).order_by("-number").values_list("number", "entry_id").first()
    if last is None:
        return []
    number, entry_id = last
    late = Entry.objects.filter(tenant_id=tenant_id, seals=None, pk__lt=uuid7_floor(uuid7_time(entry_id) - LONGEST))
    return [
        Break(number, f"entry {key} ({action}) was put in after its time: no seal covers it")
        for key, action in late.order_by("pk").values_list("pk", "action")[:MOST]
    ]
