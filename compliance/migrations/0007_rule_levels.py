"""What tenants chose for their rules of style."""

from __future__ import annotations

import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("compliance", "0006_imports")]

    operations = [
        migrations.CreateModel(
            name="RuleLevel",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("key", models.CharField(max_length=40)),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("observe", "Observe: shown by the check, messages pass"),
                            ("warn", "Warn: messages pass with the code among their warnings"),
                            ("refuse", "Refuse: messages are not accepted"),
                        ],
                        max_length=8,
                    ),
                ),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id", "key"), name="compliance_rulelevel_unique")
                ]
            },
        ),
        TenantTable("RuleLevel"),
    ]
