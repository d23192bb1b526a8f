"""`Idempotency-Key`: the same request again gets the same answer, for 24 hours, and sends nothing twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from kernel.domain.errors import DomainError
from messaging.models import IdempotencyKey

KEY_MAX = 255


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
class Remembered:
    status_code: int
    answer: Any


def earlier_answer(*, key: str, body: bytes) -> Remembered | None:
    """The answer this key was given before, or None for a new key. A request that runs beside is waited for.

    Call first in the transaction that will `remember` the answer: the lock that makes a repeat wait ends with it.

    Raises:
        IdempotencyMismatch: the key belongs to another body.
        KeyUnusable: it is empty or longer than 255 characters.
    """
    if not 1 <= len(key) <= KEY_MAX or not key.isprintable() or not key.isascii():
        raise KeyUnusable
    with bulk_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{current_tenant_id()}:{key}"])
    found = IdempotencyKey.objects.filter(key=key).first()
    if found is None:
        return None
    if found.request_hash != _hash(body):
        raise IdempotencyMismatch
    return Remembered(found.status_code, found.answer)


def remember(*, key: str, body: bytes, status_code: int, answer: Any, now: datetime) -> None:
    """Keep the answer in the transaction that wrote what it promises."""
    IdempotencyKey.objects.create(
        key=key, request_hash=_hash(body), status_code=status_code, answer=answer, created_at=now
    )


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
