"""The portals' own category of a template, and what people said that columns of exports are."""

from __future__ import annotations

import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("compliance", "0010_failed_numbers")]

    operations = [
        migrations.AddField(
            model_name="template",
            name="business_category",
            field=models.CharField(blank=True, db_default="", default="", max_length=80),
        ),
        migrations.CreateModel(
            name="ColumnMapping",
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
                            ("templates", "Content templates"),
                            ("headers", "Headers"),
                            ("entities", "Entities"),
                            ("chains", "Telemarketer chains"),
                            ("links", "CTA links and numbers"),
                            ("consents", "Consent templates"),
                        ],
                        max_length=10,
                    ),
                ),
                ("header", models.CharField(db_collation="C", max_length=64)),
                ("mapping", models.JSONField(default=list)),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant_id", "kind", "header"), name="compliance_columnmapping_unique"
                    )
                ]
            },
        ),
        TenantTable("ColumnMapping"),
    ]
