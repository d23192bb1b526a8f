"""Texts that people send back (docs/rules.md#replies)."""

from __future__ import annotations

from django.db import migrations, models

import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("messaging", "0008_refusal_words")]

    operations = [
        migrations.CreateModel(
            "InboundMessage",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("route_id", models.IntegerField()),
                ("number", models.CharField(db_collation="C", max_length=21)),
                ("destination", models.CharField(help_text="As the operator wrote it", max_length=21)),
                ("sender", models.CharField(max_length=15)),
                ("text", models.CharField(max_length=1000)),
                (
                    "wish",
                    models.CharField(
                        blank=True,
                        choices=[("stop", "Stop"), ("stop_all", "Stop everything"), ("start", "Start again")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "db_table": "inbound_messages",
                "indexes": [models.Index(fields=["tenant_id", "number", "id"], name="inbound_messages_by_number")],
            },
        ),
        migrations.CreateModel(
            "UnmatchedInbound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("route_id", models.IntegerField()),
                ("number", models.CharField(max_length=21)),
                ("destination", models.CharField(max_length=21)),
                ("text", models.CharField(max_length=1000)),
                ("received_at", models.DateTimeField()),
            ],
            options={"db_table": "unmatched_inbound"},
        ),
        TenantTable("InboundMessage"),
    ]
