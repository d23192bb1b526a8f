"""Heads of the chains, written outside the database and signed: what shows that a whole chain was recomputed.

A file of JSON lines, only ever appended to. Each line names a tenant's last seal, carries the SHA-256 of the line
before it and is signed with Ed25519, so that whoever has the database's passwords and not the key can neither change,
drop nor insert a line. The number and hash of the last line of a writing go into the platform's own trail, which shows
a file that was cut off at its end.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from audit.models import Seal
from audit.sealing import GENESIS, tenants_with_entries
from audit.services import SYSTEM, record_for_platform
from kernel.db.tenancy import platform_context

FILE: Final = "heads.jsonl"
KEY_FILE: Final = "signing.key"
ACTION: Final = "audit.heads"
OBJECT: Final = "audit"


@dataclass(frozen=True, slots=True)
class Head:
    """One line of the file: the last seal of a tenant as it was at an instant.

    Args:
        line: counted from 1.
        previous: SHA-256 of the line before, zeros for the first.
    """

    line: int
    previous: str
    tenant_id: UUID
    number: int
    digest: str
    at: str

    @property
    def content(self) -> bytes:
        """What is signed: every field, as JSON with sorted keys."""
        return _encoded(self.fields())

    def fields(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "previous": self.previous,
            "tenant": str(self.tenant_id),
            "number": self.number,
            "digest": self.digest,
            "at": self.at,
        }


class HeadsProblem(Exception):
    """The file does not hold; the message says where and why."""


class HeadsMissing(HeadsProblem):
    """There is no file: nothing was written yet, or it was taken away."""


def heads_file() -> Path:
    return settings.AUDIT_HEADS / FILE


def signing_key() -> Ed25519PrivateKey:
    """From the environment (AUDIT_SIGNING_KEY: PEM, or 64 hex digits), else a file of this installation.

    The file is made on first use and readable by its owner alone. Two processes that make it at once agree on one.
    """
    if settings.AUDIT_SIGNING_KEY:
        return _read_key(settings.AUDIT_SIGNING_KEY)
    path = settings.AUDIT_HEADS / KEY_FILE
    if not path.exists():
        settings.AUDIT_HEADS.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process was first; its key counts
        finally:
            draft.unlink()
    return _read_key(path.read_text(encoding="ascii"))


def public_key() -> str:
    """64 hex digits, by which anybody can check the file."""
    return signing_key().public_key().public_bytes_raw().hex()


def write_heads(*, now: datetime) -> int:
    """Append the head of every chain that grew since its last line; returns how many lines were written.

    Call outside contexts. The platform's trail notes each writing, and so grows itself: there is a line every time.
    """
    key = signing_key()
    settings.AUDIT_HEADS.mkdir(parents=True, exist_ok=True)
    with heads_file().open("a+b") as file:
        flock(file, LOCK_EX)
        number, previous, known = _ending(file, key.public_key())
        before = number
        for tenant_id, seal, digest in _last_seals():
            if known.get(tenant_id) == (seal, digest):
                continue
            number += 1
            line = _line_of(Head(number, previous, tenant_id, seal, digest, now.isoformat()), key)
            file.write(line)
            previous = sha256(line).hexdigest()
        file.flush()
        os.fsync(file.fileno())
    if number > before:
        _note(number, previous, now)
    return number - before


def read_heads(path: Path, key: Ed25519PublicKey) -> Iterator[tuple[Head, str]]:
    """Every line, checked, with its own hash.

    Raises:
        HeadsProblem: a line was changed, dropped, put in or signed by somebody else.
    """
    try:
        with path.open("rb") as file:
            yield from _checked(file, key)
    except FileNotFoundError:
        raise HeadsMissing(f"{path} is not there") from None


def _checked(file: IO[bytes], key: Ed25519PublicKey) -> Iterator[tuple[Head, str]]:
    previous = GENESIS
    for number, line in enumerate(file, start=1):
        head = _parse(line, number, key)
        if head.line != number or head.previous != previous:
            raise HeadsProblem(f"line {number} does not follow the line before it: lines were removed or put in")
        previous = sha256(line).hexdigest()
        yield head, previous


def _parse(line: bytes, number: int, key: Ed25519PublicKey) -> Head:
    try:
        said = json.loads(line)
        signature = bytes.fromhex(said.pop("signature"))
        head = Head(
            said["line"], said["previous"], UUID(said["tenant"]), said["number"], said["digest"], said["at"]
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HeadsProblem(f"line {number} cannot be read") from None
    try:
        key.verify(signature, head.content)
    except InvalidSignature:
        raise HeadsProblem(f"line {number} is not signed by this installation's key, or was changed") from None
    return head


def _ending(file: IO[bytes], key: Ed25519PublicKey) -> tuple[int, str, dict[UUID, tuple[int, str]]]:
    """Number and hash of the last line, and number and digest of every trail's last head."""
    file.seek(0)
    number, line_hash = 0, GENESIS
    known: dict[UUID, tuple[int, str]] = {}
    for head, line_hash in _checked(file, key):  # noqa: B007 - the last line's is read behind the loop
        number = head.line
        known[head.tenant_id] = head.number, head.digest
    return number, line_hash, known


def _last_seals() -> Iterator[tuple[UUID, int, str]]:
    for tenant_id in tenants_with_entries():
        with platform_context(reason="read the heads of the audit trails"):
            seals = Seal.objects.filter(tenant_id=tenant_id).order_by("-number")
            last = seals.values_list("number", "digest").first()
        if last is not None:
            yield (tenant_id, *last)


def _note(line: int, line_hash: str, now: datetime) -> None:
    with platform_context(reason="note what was written outside the database"):
        record_for_platform(
            action=ACTION,
            actor=SYSTEM,
            object_type=OBJECT,
            number=0,
            summary=f"Wrote signed heads of the trails up to line {line}",
            after={"line": line, "hash": line_hash},
            now=now,
        )


def _line_of(head: Head, key: Ed25519PrivateKey) -> bytes:
    return _encoded({**head.fields(), "signature": key.sign(head.content).hex()}) + b"\n"


def _encoded(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _read_key(text: str) -> Ed25519PrivateKey:
    if "PRIVATE KEY" in text:
        key = load_pem_private_key(text.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise HeadsProblem("the signing key is none of Ed25519")
        return key
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text.strip()))
