"""What tenants chose about recipients, and what the platform closed for all of them."""

from __future__ import annotations

from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0008_warnings"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlockedDestination",
            fields=[
                ("prefix", models.CharField(db_collation="C", max_length=8, primary_key=True, serialize=False)),
                ("reason", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Destination",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("prefix", models.CharField(db_collation="C", help_text="E.164 with the plus", max_length=8)),
                ("is_open", models.BooleanField()),
                (
                    "traffic_class",
                    models.SmallIntegerField(
                        choices=[(0, "otp"), (1, "transactional"), (2, "promotional")],
                        help_text="None closes every class",
                        null=True,
                    ),
                ),
                ("daily_cap", models.PositiveIntegerField(default=0, help_text="Of an opened one; 0 for closed ones")),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "prefix", "traffic_class"),
                        name="compliance_destination_unique",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("series", models.CharField(db_collation="C", max_length=18)),
                ("numbers", models.IntegerField()),
                ("times", models.IntegerField(default=1)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "series"), name="compliance_numberrun_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="RecipientSettings",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                (
                    "outside_hours",
                    models.CharField(
                        choices=[("defer", "It waits for the next hours"), ("refuse", "It is refused")],
                        default="defer",
                        max_length=6,
                    ),
                ),
                ("duplicate_minutes", models.PositiveSmallIntegerField(default=0)),
                ("promotions_per_day", models.PositiveSmallIntegerField(default=0)),
                ("promotions_per_week", models.PositiveSmallIntegerField(default=0)),
                ("home_only", models.BooleanField(default=False)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id",), name="compliance_recipientsettings_unique")
                ],
            },
        ),
        TenantTable("Destination"),
        TenantTable("NumberRun"),
        TenantTable("RecipientSettings"),
    ]
