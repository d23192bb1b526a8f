"""Which warnings about registrations were given."""

from __future__ import annotations

import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("compliance", "0007_rule_levels")]

    operations = [
        migrations.CreateModel(
            name="Warned",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("key", models.CharField(max_length=120)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "key"), name="compliance_warned_once"),
                ],
            },
        ),
        TenantTable("Warned"),
    ]
