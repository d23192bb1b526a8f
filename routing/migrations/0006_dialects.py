"""What receipts showed of each operator's habits."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0005_ranks")]

    operations = [
        migrations.CreateModel(
            name="RouteDialect",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("habit", models.CharField(max_length=16)),
                ("value", models.CharField(max_length=64)),
                ("receipts", models.PositiveBigIntegerField()),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("sample", models.CharField(blank=True, default="", max_length=255)),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dialects", to="routing.route"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("route", "habit", "value"), name="routing_dialect_value")
                ],
            },
        ),
        migrations.RunSQL("REVOKE ALL ON routing_routedialect FROM dakiya_tenant", migrations.RunSQL.noop),
    ]
