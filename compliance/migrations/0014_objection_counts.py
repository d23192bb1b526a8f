"""How many messages rules objected to without refusing them (docs/compliance-rules.md)."""

from __future__ import annotations

from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable

LEVELS = [
    ("observe", "Observe: shown by the check, messages pass"),
    ("warn", "Warn: messages pass with the code among their warnings"),
    ("refuse", "Refuse: messages are not accepted"),
]


class Migration(migrations.Migration):
    dependencies = [("compliance", "0013_opt_out_links")]

    operations = [
        migrations.CreateModel(
            name="ObjectionCount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("day", models.DateField(help_text="UTC")),
                ("key", models.CharField(max_length=40)),
                ("template_id", models.UUIDField()),
                (
                    "level",
                    models.CharField(choices=LEVELS, help_text="In force when they were accepted", max_length=8),
                ),
                ("messages", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant_id", "day", "key", "template_id", "level"],
                        name="compliance_objectioncount_unique",
                    )
                ],
            },
        ),
        TenantTable("ObjectionCount"),
    ]
