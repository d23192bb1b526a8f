"""Opt-out pages that need no login (docs/rules.md#opt-out-links)."""

from __future__ import annotations

from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import DefinerFunction, TenantTable


class Migration(migrations.Migration):
    dependencies = [("compliance", "0012_rulings")]

    operations = [
        migrations.CreateModel(
            name="OptOutLink",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("recipient", models.CharField(db_collation="C", max_length=16)),
                ("sender", models.CharField(db_collation="C", max_length=15, null=True)),
                ("topic", models.CharField(max_length=60, null=True)),
                ("token_hash", models.CharField(db_collation="C", max_length=64)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["tenant_id", "token_hash"], name="compliance_optoutlink_token_unique"
                    )
                ],
                "indexes": [models.Index(fields=["token_hash"], name="compliance_optoutlink_token")],
            },
        ),
        TenantTable("OptOutLink"),
        DefinerFunction(
            "dakiya_opt_out_link",
            "wanted text",
            "TABLE (tenant_id uuid, link_id uuid)",
            "SELECT l.tenant_id, l.id FROM compliance_optoutlink l WHERE l.token_hash = wanted LIMIT 1",
            ("dakiya_web", "dakiya_worker"),
        ),
    ]
