"""What a refused message was told, kept where it is more than its code's sentence (docs/architecture.md)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("messaging", "0007_recent_parts")]

    operations = [
        migrations.CreateModel(
            "RefusalWords",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("ids", ArrayField(base_field=models.UUIDField(), size=None)),
                ("detail", models.TextField()),
                ("remedy", models.TextField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "refusal_words",
                "indexes": [models.Index(fields=["until"], name="refusal_words_until")],
            },
        ),
        TenantTable("RefusalWords"),
        migrations.RunSQL("REVOKE UPDATE, DELETE ON refusal_words FROM dakiya_tenant", migrations.RunSQL.noop),
    ]
