"""Circuit breakers and drains of routes, and what gauges say of lines that are down."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# A tenant's accept asks which routes are open, not why one is not.
READABLE = "route_id, state, next_probe_at"


def _one_route(related_name: str) -> models.OneToOneField[models.Model, models.Model]:
    return models.OneToOneField(
        on_delete=django.db.models.deletion.CASCADE,
        primary_key=True,
        related_name=related_name,
        serialize=False,
        to="routing.route",
    )


class Migration(migrations.Migration):
    dependencies = [("routing", "0002_hide_terms_from_tenants")]

    operations = [
        migrations.CreateModel(
            name="Breaker",
            fields=[
                ("route", _one_route("breaker")),
                (
                    "state",
                    models.CharField(
                        choices=[("closed", "Closed"), ("open", "Open"), ("probing", "Probing")],
                        default="closed",
                        max_length=16,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("is_manual", models.BooleanField(default=False)),
                ("next_probe_at", models.DateTimeField(null=True)),
                ("pause_s", models.PositiveSmallIntegerField(default=0)),
                ("holder", models.CharField(blank=True, default="", max_length=80)),
                ("probe_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Drain",
            fields=[
                ("route", _one_route("drain")),
                ("started_at", models.DateTimeField()),
                ("moves_queue", models.BooleanField(default=True)),
                ("then_disables", models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField("route", "patience_s", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("routegauge", "down_since", models.DateTimeField(null=True)),
        migrations.AddField("routegauge", "is_unopenable", models.BooleanField(default=False)),
        migrations.RunSQL(
            [
                "REVOKE ALL ON routing_breaker, routing_drain FROM dakiya_tenant",
                f"GRANT SELECT ({READABLE}) ON routing_breaker TO dakiya_tenant",
            ],
            migrations.RunSQL.noop,
        ),
    ]
