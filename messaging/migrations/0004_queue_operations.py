"""What staff do to queues, kept with its counts."""

from __future__ import annotations

from django.db import migrations, models

import kernel.domain.ids


class Migration(migrations.Migration):
    dependencies = [("messaging", "0003_fair_claims")]

    operations = [
        migrations.CreateModel(
            name="Operation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("action", models.CharField(max_length=10)),
                ("selection", models.JSONField()),
                ("options", models.JSONField(default=dict)),
                ("counted", models.JSONField()),
                ("done", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("counted", "Counted"), ("running", "Running"), ("done", "Done")],
                        default="counted",
                        max_length=10,
                    ),
                ),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_label", models.CharField(max_length=255)),
                ("at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "queue_operations"},
        ),
        migrations.RunSQL("REVOKE ALL ON queue_operations FROM dakiya_tenant, dakiya_web", migrations.RunSQL.noop),
    ]
