"""Who a campaign was for is forgotten with its messages: a chunk's list of people has no use when they are gone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings

from campaigns.statuses import ChunkState
from kernel.db.tenancy import platform_context, scoped_connection

# Chunks in one transaction, of up to a thousand people each.
STRIDE: Final = 200

_FORGET_SQL: Final = """
UPDATE campaigns_chunk k SET contact_ids = '{}'
FROM (
    SELECT c.tenant_id, c.id FROM campaigns_run r
    JOIN campaigns_chunk c ON c.tenant_id = r.tenant_id AND c.run_id = r.id
    WHERE r.frozen_at < %s AND c.state <> %s AND c.contact_ids <> '{}'
    LIMIT %s FOR UPDATE OF c SKIP LOCKED
) old
WHERE k.tenant_id = old.tenant_id AND k.id = old.id"""


def forget_audiences(*, now: datetime) -> int:
    """Clear the people of chunks whose messages are dropped by now; returns how many chunks.

    Messages have the time of the freeze in their ids, so they go with it. What is still to be written keeps its people.
    """
    limit, chunks = now - timedelta(days=settings.MESSAGE_RETENTION_DAYS), 0
    while True:
        with platform_context(reason="forget who old campaigns were for"), scoped_connection().cursor() as cursor:
            cursor.execute(_FORGET_SQL, [limit, ChunkState.PENDING, STRIDE])
            found: int = cursor.rowcount
        chunks += found
        if found < STRIDE:
            return chunks
