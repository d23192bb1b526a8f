"""What a receipt without a message says besides, for those who look into it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0005_storage")]

    operations = [
        migrations.AddField(
            "unmatchedreceipt", "destination", models.CharField(db_default="", default="", max_length=21)
        ),
        migrations.AddField(
            "unmatchedreceipt", "submitted", models.CharField(db_default="", default="", max_length=16)
        ),
        migrations.AddIndex(
            "unmatchedreceipt", models.Index(fields=["route_id", "id"], name="unmatched_receipts_by_route")
        ),
        migrations.AlterField(
            "unmatchedreceipt",
            "operator_ids",
            ArrayField(
                base_field=models.CharField(max_length=64),
                help_text="Normalised candidates, the id as told first",
                size=None,
            ),
        ),
    ]
