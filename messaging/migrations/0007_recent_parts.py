"""Parts whose receipts came in some minutes are found by a few octets for each block: they lie in that order anyway."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messaging", "0006_unmatched_receipts")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX message_parts_recent ON message_parts USING brin (at) WITH (autosummarize = on)",
            "DROP INDEX message_parts_recent",
        )
    ]
