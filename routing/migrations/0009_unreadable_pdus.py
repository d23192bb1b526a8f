"""What operators sent and nobody can read, kept for staff."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0008_route_shares")]

    operations = [
        migrations.CreateModel(
            name="UnreadablePdu",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "fingerprint",
                    models.CharField(help_text="Of what is behind the header: its sequence changes", max_length=32),
                ),
                ("reason", models.CharField(max_length=64)),
                ("octets", models.BinaryField()),
                ("size", models.PositiveIntegerField()),
                ("times", models.PositiveBigIntegerField()),
                ("is_taken", models.BooleanField(help_text="The operator was told that it may forget it")),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="routing.route"
                    ),
                ),
            ],
            options={
                "db_table": "unreadable_pdus",
                "constraints": [models.UniqueConstraint(fields=("route", "fingerprint"), name="unreadable_pdu_body")],
            },
        ),
        # What operators send is not a tenant's to see.
        migrations.RunSQL("REVOKE ALL ON unreadable_pdus FROM dakiya_tenant", migrations.RunSQL.noop),
    ]
