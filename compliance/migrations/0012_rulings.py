"""What messages were judged by, kept beside them."""

from __future__ import annotations

from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("compliance", "0011_columns")]

    operations = [
        migrations.CreateModel(
            "Ruling",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("digest", models.CharField(max_length=64)),
                ("header", models.CharField(max_length=21)),
                ("template_id", models.UUIDField(null=True)),
                ("country", models.CharField(max_length=2)),
                ("content", models.JSONField()),
                ("first_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        TenantTable("Ruling", append_only=True),
    ]
