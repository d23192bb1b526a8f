"""Standing stops: what is not to be sent any more."""

from __future__ import annotations

import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("compliance", "0002_register")]

    operations = [
        migrations.CreateModel(
            name="Stop",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("entity", "Entity"),
                            ("sender", "Sender"),
                            ("template", "Template"),
                            ("chain", "Chain"),
                        ],
                        max_length=8,
                    ),
                ),
                ("key", models.CharField(max_length=64)),
                ("prefix", models.CharField(blank=True, default="", max_length=7)),
                ("object_id", models.UUIDField()),
                ("label", models.CharField(max_length=200)),
                ("reason", models.CharField(max_length=500)),
                ("stopped_at", models.DateTimeField()),
                ("stopped_by_label", models.CharField(max_length=255)),
            ],
            options={
                "indexes": [models.Index(fields=["tenant_id", "object_id"], name="compliance_stop_object")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "kind", "key", "prefix"), name="compliance_stop_unique"
                    )
                ],
            },
        ),
        TenantTable("Stop"),
    ]
