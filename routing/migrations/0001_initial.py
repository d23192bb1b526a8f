"""Routes, plan, and how lines were. Platform-owned: nothing here carries a tenant's data."""

from __future__ import annotations

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# Two intervals of a route may touch, never overlap. A range over the route's id alone lets the built-in gist operators
# compare it, without the extension btree_gist.
NO_OVERLAP = """
    ALTER TABLE routing_stateinterval ADD CONSTRAINT routing_interval_no_overlap
    EXCLUDE USING gist (int8range(route_id, route_id, '[]') WITH &&, tstzrange(started_at, ended_at) WITH &&)
"""


class Migration(migrations.Migration):
    initial = True
    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("version", models.PositiveIntegerField()),
                ("is_active", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("name", "version"), name="routing_plan_version"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)), fields=("is_active",), name="routing_plan_one_active"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlanRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("prefix", models.CharField(blank=True, default="", max_length=15)),
                (
                    "traffic_class",
                    models.SmallIntegerField(
                        blank=True, choices=[(0, "otp"), (1, "transactional"), (2, "promotional")], null=True
                    ),
                ),
                ("tenant_id", models.UUIDField(blank=True, null=True)),
                ("sender", models.CharField(blank=True, default="", max_length=32)),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="routing.plan"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Route",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64, unique=True)),
                ("kind", models.CharField(max_length=32)),
                ("settings", models.JSONField(blank=True, default=dict)),
                ("secrets_encrypted", models.TextField(blank=True, default="")),
                ("tps", models.PositiveIntegerField(default=100)),
                (
                    "window",
                    models.PositiveIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1)]),
                ),
                (
                    "binds",
                    models.PositiveSmallIntegerField(
                        default=1, validators=[django.core.validators.MinValueValidator(1)]
                    ),
                ),
                ("otp_binds", models.PositiveSmallIntegerField(default=1)),
                ("cost_micros", models.BigIntegerField(default=0)),
                ("currency", models.CharField(default="INR", max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[("enabled", "Enabled"), ("draining", "Draining"), ("disabled", "Disabled")],
                        default="disabled",
                        max_length=16,
                    ),
                ),
                ("validity_cap_hours", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("window__gte", 1)), name="routing_route_window"),
                    models.CheckConstraint(condition=models.Q(("binds__gte", 1)), name="routing_route_binds"),
                    models.CheckConstraint(condition=models.Q(("cost_micros__gte", 0)), name="routing_route_cost"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Candidate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="candidates", to="routing.planrule"
                    ),
                ),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="candidates", to="routing.route"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RouteGauge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lane", models.CharField(choices=[("otp", "Passcodes"), ("bulk", "Everything else")], max_length=8)),
                ("holder", models.CharField(max_length=64)),
                ("tps_now", models.FloatField(default=0)),
                ("window_used", models.PositiveIntegerField(default=0)),
                ("binds_up", models.PositiveSmallIntegerField(default=0)),
                ("binds_wanted", models.PositiveSmallIntegerField(default=0)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="gauges", to="routing.route"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StateInterval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("up", "Up"),
                            ("degraded", "Degraded"),
                            ("down", "Down"),
                            ("maintenance", "Maintenance"),
                            ("unknown", "Unknown"),
                        ],
                        max_length=16,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, default="", max_length=200)),
                ("flaps", models.PositiveIntegerField(default=0)),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="intervals", to="routing.route"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="planrule",
            constraint=models.UniqueConstraint(fields=("plan", "position"), name="routing_rule_position"),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(fields=("rule", "position"), name="routing_candidate_position"),
        ),
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(fields=("rule", "route"), name="routing_candidate_once"),
        ),
        migrations.AddConstraint(
            model_name="routegauge",
            constraint=models.UniqueConstraint(fields=("route", "lane", "holder"), name="routing_gauge_holder"),
        ),
        migrations.AddIndex(
            model_name="stateinterval",
            index=models.Index(fields=["route", "-started_at"], name="routing_interval_recent"),
        ),
        migrations.AddConstraint(
            model_name="stateinterval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at", None)), fields=("route",), name="routing_interval_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="stateinterval",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("ended_at__gt", models.F("started_at")), _connector="OR"),
                name="routing_interval_forward",
            ),
        ),
        migrations.RunSQL(NO_OVERLAP, "ALTER TABLE routing_stateinterval DROP CONSTRAINT routing_interval_no_overlap"),
    ]
