"""Who holds a batch back: until now only a paused campaign and a suspended tenant could."""

from __future__ import annotations

from django.db import migrations, models

# Batches of campaigns are the campaign's to release; it does so by itself where it is not paused. The owner sees no
# tenant's rows, so the platform's role writes.
MARK_CAMPAIGNS = [
    "SET LOCAL ROLE dakiya_platform",
    "UPDATE batches SET holds = 1 WHERE state = 3 AND campaign_id IS NOT NULL",
    "RESET ROLE",
]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]

    operations = [
        migrations.AddField("batch", "holds", models.SmallIntegerField(db_default=0, default=0)),
        migrations.RunSQL(MARK_CAMPAIGNS, migrations.RunSQL.noop),
    ]
