"""Claims go around among tenants, and know which campaigns are stopped."""

from __future__ import annotations

from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable

# Those that are stopped as the table comes. The owner sees no tenant's rows, so the platform's role writes.
STOPPED_ALREADY = [
    "SET LOCAL ROLE dakiya_platform",
    """INSERT INTO campaign_stops (tenant_id, id, state) SELECT tenant_id, campaign_id, 'paused' FROM batches
    WHERE state = 3 AND campaign_id IS NOT NULL AND holds & 1 = 1 GROUP BY tenant_id, campaign_id""",
    "RESET ROLE",
]


class Migration(migrations.Migration):
    dependencies = [("messaging", "0002_batch_holds"), ("tenants", "0003_send_weight")]

    operations = [
        migrations.CreateModel(
            "CampaignStop",
            [
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                (
                    "state",
                    models.CharField(choices=[("paused", "Paused"), ("cancelled", "Cancelled")], max_length=10),
                ),
            ],
            {"db_table": "campaign_stops"},
        ),
        TenantTable("CampaignStop"),
        migrations.RunSQL(STOPPED_ALREADY, migrations.RunSQL.noop),
        migrations.RemoveIndex("batch", "batches_ready"),
        migrations.AddIndex(
            "batch",
            models.Index(
                condition=models.Q(("state", 0)),
                fields=["route_id", "traffic_class", "tenant_id", "id"],
                name="batches_ready",
            ),
        ),
    ]
