"""From where somebody acted, and the trail as files."""

from __future__ import annotations

import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="TrailExport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("search", models.JSONField(help_text="audit.queries.Search")),
                ("suffix", models.CharField(choices=[("csv", "CSV"), ("xlsx", "Excel")], max_length=4)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Waiting"),
                            ("running", "Being written"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="requested",
                        max_length=9,
                    ),
                ),
                ("path", models.CharField(blank=True, help_text="Below MEDIA_ROOT", max_length=200)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("actor_label", models.CharField(max_length=255)),
                ("requested_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"abstract": False},
        ),
        migrations.AddField("entry", "agent", models.CharField(max_length=200, null=True)),
        migrations.AddField("entry", "ip", models.GenericIPAddressField(null=True)),
        migrations.AddIndex("entry", models.Index(fields=["tenant_id", "actor_id", "id"], name="audit_entry_actor")),
        migrations.AddIndex("entry", models.Index(fields=["tenant_id", "action", "id"], name="audit_entry_action")),
        TenantTable("TrailExport"),
    ]
