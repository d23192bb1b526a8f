"""What each dispatcher may use of a route."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("routing", "0007_gauge_pace")]

    operations = [
        migrations.CreateModel(
            name="RouteShare",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "lane",
                    models.CharField(choices=[("otp", "Passcodes"), ("bulk", "Everything else")], max_length=8),
                ),
                ("holder", models.CharField(max_length=80)),
                ("binds", models.PositiveSmallIntegerField(default=0)),
                ("tps", models.PositiveIntegerField(default=0)),
                ("until", models.DateTimeField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="routing.route"
                    ),
                ),
            ],
            options={
                "db_table": "route_shares",
                "constraints": [models.UniqueConstraint(fields=("route", "lane", "holder"), name="route_share_holder")],
            },
        ),
        migrations.RunSQL("REVOKE ALL ON route_shares FROM dakiya_tenant", migrations.RunSQL.noop),
    ]
