"""How what is stored comes to an end, and what keeps small hot tables small (docs/adr/0014)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import migrations, models

from kernel.db.operations import TENANT_EXPRESSION
from kernel.domain.clock import utc_now
from messaging.services.partitions import MESSAGE_PARTS

# The log stays append-only but for its end: the platform may delete, and this policy holds it to old rows.
END_OF_LOG = [
    "GRANT DELETE ON message_events TO dakiya_platform",
    (
        "CREATE POLICY old_rows_only ON message_events AS RESTRICTIVE FOR DELETE TO dakiya_platform"
        " USING (at < now() - interval '30 days')"
    ),
]
# Claimed, marked, closed and gone within minutes: a fifth of a day's batches is too long to wait for a vacuum.
HOT_TABLES = [
    (
        "ALTER TABLE batches SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,"
        " autovacuum_analyze_scale_factor = 0.02, autovacuum_analyze_threshold = 500)"
    ),
    "ALTER TABLE unmatched_receipts SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500)",
]


def parts_by_week(apps: Any, editor: Any) -> None:
    """message_parts becomes partitioned by its message's week; what it held is the first partition."""
    start = MESSAGE_PARTS.start_of(utc_now() - timedelta(days=1))
    first, (_, upper) = MESSAGE_PARTS.name(start), MESSAGE_PARTS.bounds(start)
    for statement in (
        f"ALTER TABLE message_parts RENAME TO {first}",
        f"ALTER TABLE {first} RENAME CONSTRAINT message_parts_pkey TO {first}_pkey",
        (
            f"CREATE TABLE message_parts (LIKE {first} INCLUDING DEFAULTS, PRIMARY KEY (tenant_id, message_id, part))"
            " PARTITION BY RANGE (message_id)"
        ),
        f"ALTER TABLE {first} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY",
        f"DROP POLICY tenant ON {first}",
        f"DROP POLICY platform ON {first}",
        f"REVOKE ALL ON {first} FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform",
        f"ALTER TABLE message_parts ATTACH PARTITION {first} FOR VALUES FROM (MINVALUE) TO ({upper})",
        "ALTER TABLE message_parts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        (
            f"CREATE POLICY tenant ON message_parts TO dakiya_tenant USING ({TENANT_EXPRESSION})"
            f" WITH CHECK ({TENANT_EXPRESSION})"
        ),
        "CREATE POLICY platform ON message_parts TO dakiya_platform USING (true) WITH CHECK (true)",
        "REVOKE ALL ON message_parts FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform",
        "GRANT SELECT, INSERT ON message_parts TO dakiya_tenant, dakiya_platform",
    ):
        editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0004_queue_operations")]

    operations = [
        migrations.AddIndex(
            "batch", models.Index(fields=["tenant_id", "id"], name="batches_held", condition=models.Q(state=3))
        ),
        migrations.AddIndex(
            "messageevent", models.Index(fields=["tenant_id", "outcome", "id"], name="message_events_by_outcome")
        ),
        migrations.RemoveIndex("message", "messages_by_campaign"),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["tenant_id", "campaign_id", "id"],
                name="messages_by_campaign",
                condition=models.Q(campaign_id__isnull=False),
            ),
        ),
        migrations.RunSQL([*END_OF_LOG, *HOT_TABLES], migrations.RunSQL.noop),
        migrations.RunPython(parts_by_week, migrations.RunPython.noop),
    ]
