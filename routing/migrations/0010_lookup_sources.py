"""Sources of look-ups: tenants read what an answer costs them, never how it is bought."""

from __future__ import annotations

import django.core.validators
from django.db import migrations, models

_FOR_TENANTS = """
REVOKE ALL ON routing_lookupsource FROM dakiya_tenant;
GRANT SELECT (id, name, price_micros, currency, keep_days, is_active) ON routing_lookupsource TO dakiya_tenant"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0009_unreadable_pdus")]

    operations = [
        migrations.CreateModel(
            name="LookupSource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, unique=True)),
                ("kind", models.CharField(max_length=32)),
                ("settings", models.JSONField(blank=True, default=dict)),
                ("secrets_encrypted", models.TextField(blank=True, default="")),
                ("per_second", models.PositiveIntegerField(default=10)),
                (
                    "cost_micros",
                    models.BigIntegerField(default=0, validators=[django.core.validators.MinValueValidator(0)]),
                ),
                (
                    "price_micros",
                    models.BigIntegerField(default=0, validators=[django.core.validators.MinValueValidator(0)]),
                ),
                ("currency", models.CharField(default="INR", max_length=3)),
                (
                    "keep_days",
                    models.PositiveSmallIntegerField(
                        default=30, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("is_active", models.BooleanField(default=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("is_active",),
                        name="routing_lookup_one_active",
                    )
                ],
            },
        ),
        migrations.RunSQL(_FOR_TENANTS, migrations.RunSQL.noop),
    ]
