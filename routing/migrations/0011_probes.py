"""Phones of the platform's own, and the probes that went to them; none of it is a tenant's to see."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("routing", "0010_lookup_sources"),
    ]

    operations = [
        migrations.CreateModel(
            name="SeedNumber",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=16, unique=True)),
                ("label", models.CharField(max_length=80)),
                ("country", models.CharField(max_length=2)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "seed_numbers",
            },
        ),
        migrations.CreateModel(
            name="Probe",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organisation_id", models.UUIDField()),
                ("message_id", models.UUIDField(unique=True)),
                ("sent_at", models.DateTimeField()),
                ("actor_label", models.CharField(blank=True, default="", max_length=255)),
                ("outcome", models.CharField(blank=True, default="", max_length=16)),
                ("is_delivered", models.BooleanField(default=False)),
                ("receipt_at", models.DateTimeField(blank=True, null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("arrived", "Arrived"), ("missing", "Did not arrive")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_by", models.CharField(blank=True, default="", max_length=255)),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="probes", to="routing.route"
                    ),
                ),
                (
                    "seed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="probes", to="routing.seednumber"
                    ),
                ),
            ],
            options={
                "db_table": "route_probes",
                "indexes": [models.Index(fields=["route", "-sent_at"], name="route_probes_recent")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("confirmed_at", None), ("verdict", "")),
                            models.Q(models.Q(("verdict", ""), _negated=True), ("confirmed_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="route_probe_confirmed",
                    )
                ],
            },
        ),
        migrations.RunSQL("REVOKE ALL ON seed_numbers, route_probes FROM dakiya_tenant", migrations.RunSQL.noop),
    ]
