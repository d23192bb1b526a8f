"""A wallet's row changes with every batch: room on its page for the next version, and a vacuum that does not wait."""

from __future__ import annotations

from django.db import migrations

SET = [
    (
        "ALTER TABLE billing_wallet SET (fillfactor = 20, autovacuum_vacuum_scale_factor = 0,"
        " autovacuum_vacuum_threshold = 1000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000)"
    ),
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunSQL([*SET], migrations.RunSQL.noop)]
