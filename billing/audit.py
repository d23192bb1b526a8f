"""Recounting the books from the ledger: what the wallet says must be the sum of what was written.

Each answer is one statement, hence one snapshot: it is right beside running traffic too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from kernel.db.tenancy import scoped_connection


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures that should be one.

    Args:
        code: `balance`, `held`, `open_total`, `batch_overdrawn`, `refund_above_charge` or `no_wallet`.
        subject: the tenant's id, or the batch's.
    """

    code: str
    subject: UUID
    expected: int
    found: int

    def __str__(self) -> str:
        return f"{self.code} of {self.subject}: {self.expected} expected, {self.found} found"


@dataclass(frozen=True, slots=True)
class BatchBook:
    """What the ledger says of one batch; micros and messages are 0 or more."""

    batch_id: UUID
    held_micros: int
    charged_micros: int
    released_micros: int
    held_messages: int
    charged_messages: int
    released_messages: int

    @property
    def open_micros(self) -> int:
        """Held and neither charged nor released: messages whose outcome is not known yet."""
        return self.held_micros - self.charged_micros - self.released_micros

    @property
    def open_messages(self) -> int:
        return self.held_messages - self.charged_messages - self.released_messages


# A batch's holds are charged or released at the destination and class they were made for, so that reports add up.
BOOKS_SQL: Final = """
WITH entry AS MATERIALIZED (
    SELECT kind, amount_micros, held_micros, messages, batch_id, destination, traffic_class
    FROM billing_ledgerentry WHERE tenant_id = %(tenant)s
), line AS (
    SELECT batch_id, sum(held_micros) AS open, sum(messages * CASE kind WHEN 'hold' THEN 1 ELSE -1 END) AS open_messages
    FROM entry WHERE kind IN ('hold', 'charge', 'release') GROUP BY batch_id, destination, traffic_class
), spending AS (
    SELECT batch_id, -sum(amount_micros) AS net FROM entry
    WHERE kind IN ('charge', 'refund') AND batch_id IS NOT NULL GROUP BY batch_id
), wallet AS (
    SELECT balance_micros, held_micros FROM billing_wallet WHERE tenant_id = %(tenant)s
), total AS (
    SELECT coalesce(sum(amount_micros), 0) AS balance, coalesce(sum(held_micros), 0) AS held FROM entry
)
SELECT 'balance', NULL::uuid, total.balance, wallet.balance_micros FROM total, wallet
WHERE total.balance <> wallet.balance_micros
UNION ALL
SELECT 'held', NULL, total.held, wallet.held_micros FROM total, wallet WHERE total.held <> wallet.held_micros
UNION ALL
SELECT 'open_total', NULL, o.open, total.held FROM total, (SELECT coalesce(sum(open), 0) AS open FROM line) o
WHERE o.open <> total.held
UNION ALL
SELECT 'batch_overdrawn', batch_id, 0, least(open, open_messages) FROM line WHERE open < 0 OR open_messages < 0
UNION ALL
SELECT 'refund_above_charge', batch_id, 0, net FROM spending WHERE net < 0
UNION ALL
SELECT 'no_wallet', NULL, 1, 0 FROM total WHERE NOT EXISTS (SELECT FROM wallet) AND EXISTS (SELECT FROM entry)
"""

BATCHES_SQL: Final = """
SELECT batch_id,
    coalesce(sum(held_micros) FILTER (WHERE kind = 'hold'), 0),
    coalesce(-sum(amount_micros) FILTER (WHERE kind = 'charge'), 0),
    coalesce(-sum(held_micros) FILTER (WHERE kind = 'release'), 0),
    coalesce(sum(messages) FILTER (WHERE kind = 'hold'), 0),
    coalesce(sum(messages) FILTER (WHERE kind = 'charge'), 0),
    coalesce(sum(messages) FILTER (WHERE kind = 'release'), 0)
FROM billing_ledgerentry WHERE tenant_id = %s AND batch_id IS NOT NULL
GROUP BY batch_id ORDER BY batch_id
"""


def audit_books(tenant_id: UUID) -> list[Difference]:
    """Every difference in a tenant's books; call in its context or the platform's.

    Checked: balance and held are the ledger's sums; per batch, destination and class no more is settled than was
    held; the open rests are what is held; no batch is refunded more than it was charged.
    """
    rows = _rows(BOOKS_SQL, {"tenant": tenant_id})
    return [Difference(code, batch or tenant_id, int(expected), int(found)) for code, batch, expected, found in rows]


def batch_books(tenant_id: UUID) -> Iterator[BatchBook]:
    """The books of every batch, for those who know what became of its messages; ascending by batch."""
    for batch_id, *figures in _rows(BATCHES_SQL, [tenant_id]):
        yield BatchBook(batch_id, *(int(figure) for figure in figures))


def _rows(sql: str, parameters: Any) -> list[tuple[Any, ...]]:
    with scoped_connection().cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
