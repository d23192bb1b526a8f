"""`Idempotency-Key`: the same request again gets the same answer, for 24 hours, and sends nothing twice."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from kernel.domain.errors import DomainError
from messaging.models import IdempotencyKey

KEY_MAX: Final = 255
# In one order everywhere, so that rounds with the same keys wait for each other instead of in a circle.
_LOCK_SQL: Final = "SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(%b::text[]) AS u (name)"


class IdempotencyMismatch(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "idempotency_mismatch",
            "This Idempotency-Key was used for another request.",
            "Use a new key for a new request; repeat a request with exactly the same body.",
        )


class KeyUnusable(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_invalid",
            "The Idempotency-Key is empty or too long.",
            f"Send between 1 and {KEY_MAX} printable ASCII characters, for example a UUID.",
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A key and the SHA-256 (hex) of the request that it stands for."""

    key: str
    request_hash: str


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a client was told; `answer` is data that JSON can carry."""

    status_code: int
    answer: Any


def asked(*, key: str, body: bytes) -> Asked:
    """The key of a request, checked.

    Raises:
        KeyUnusable: it is empty, longer than 255 characters or not printable ASCII.
    """
    if not 1 <= len(key) <= KEY_MAX or not key.isprintable() or not key.isascii():
        raise KeyUnusable
    return Asked(key, hashlib.sha256(body).hexdigest())


def earlier_answers(requests: Sequence[Asked]) -> dict[str, Remembered]:
    """By key, the answers given before; new keys are missing. Requests that run beside are waited for.

    Call first in the transaction that will `remember` the answers: the locks that make a repeat wait end with it.

    Raises:
        IdempotencyMismatch: one of the keys belongs to another body.
    """
    if not requests:
        return {}
    hashes = {one.key: one.request_hash for one in requests}
    tenant_id = current_tenant_id()
    with bulk_cursor() as cursor:
        cursor.execute(_LOCK_SQL, [[f"{tenant_id}:{key}" for key in sorted(hashes)]])
    found = list(IdempotencyKey.objects.filter(key__in=hashes))
    if any(row.request_hash != hashes[row.key] for row in found):
        raise IdempotencyMismatch
    return {row.key: Remembered(row.status_code, row.answer) for row in found}


def remember(given: Sequence[tuple[Asked, Remembered]], *, now: datetime) -> None:
    """Keep answers in the transaction that wrote what they promise."""
    if given:
        IdempotencyKey.objects.bulk_create(
            IdempotencyKey(
                key=one.key,
                request_hash=one.request_hash,
                status_code=told.status_code,
                answer=msgspec.to_builtins(told.answer, str_keys=True),
                created_at=now,
            )
            for one, told in given
        )
