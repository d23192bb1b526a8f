"""Receipts that reach us outside a dispatcher: kept where the dispatchers look for those without a message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kernel.smpp.message_ids import normalise_id
from kernel.smpp.receipts import Receipt, ReceiptState
from messaging.models import UnmatchedReceipt

_UNTOLD: Final = frozenset({ReceiptState.ACCEPTED, ReceiptState.ENROUTE})
_CLEAN: Final = str.maketrans("", "", "\0")


def keep_receipts(*, route_id: int, receipts: Sequence[tuple[Receipt, str]], now: datetime) -> int:
    """Store receipts, each with the number it is about, for the next look of a dispatcher; one statement.

    Those of progress are dropped; those whose status nobody knows are kept to be seen, and never tried. An id is taken
    as it is written, since only SMPP has it in two notations.

    Returns:
        How many were kept. When this has returned in autocommit, they are durable.
    """
    rows = [
        UnmatchedReceipt(
            route_id=route_id,
            operator_ids=[key],
            recipient=recipient.translate(_CLEAN)[:21],
            state=receipt.state.value,
            stat=receipt.stat.translate(_CLEAN)[:16],
            err=receipt.err.translate(_CLEAN)[:16],
            received_at=now,
            next_try_at=None if receipt.state is ReceiptState.OTHER else now,
        )
        for receipt, recipient in receipts
        if receipt.state not in _UNTOLD and (key := normalise_id(receipt.ids[0].translate(_CLEAN))[:64])
    ]
    UnmatchedReceipt.objects.bulk_create(rows)
    return len(rows)
