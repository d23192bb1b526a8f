"""Strategies of rules, costs by destination, measured quality, and who changed what of routes and plans."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from kernel.db.operations import DefinerFunction

# Which route is cheaper where, without what any of them costs: a tenant's accept orders routes, and learns no price.
RANKS = """
    SELECT p.prefix::text, r.id::bigint, dense_rank() OVER (PARTITION BY p.prefix ORDER BY coalesce((
        SELECT c.cost_micros FROM routing_routecost c WHERE c.route_id = r.id AND starts_with(p.prefix, c.prefix)
        ORDER BY length(c.prefix) DESC LIMIT 1), r.cost_micros))::int
    FROM (SELECT prefix FROM routing_routecost UNION SELECT '') p CROSS JOIN routing_route r
    WHERE r.state = 'enabled'
"""
EVERYBODY = ("dakiya_web", "dakiya_worker", "dakiya_tenant", "dakiya_platform")


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_breakers")]

    operations = [
        migrations.AddField(
            model_name="candidate",
            name="weight",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="plan",
            name="actor_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="plan",
            name="actor_label",
            field=models.CharField(blank=True, default="", max_length=255),
        ),
        migrations.AddField(
            model_name="plan",
            name="note",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="planrule",
            name="strategy",
            field=models.CharField(
                choices=[
                    ("priority", "In the order given"),
                    ("least_cost", "Cheapest first"),
                    ("weighted", "By weight"),
                    ("best_delivery", "Best delivery first"),
                ],
                default="priority",
                max_length=16,
            ),
        ),
        migrations.CreateModel(
            name="RouteCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(max_length=15)),
                ("cost_micros", models.BigIntegerField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="costs", to="routing.route"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("route", "prefix"), name="routing_cost_prefix"),
                    models.CheckConstraint(condition=models.Q(("cost_micros__gte", 0)), name="routing_cost_positive"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RouteQuality",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("destination", models.CharField(max_length=16)),
                ("delivered", models.PositiveIntegerField()),
                ("final", models.PositiveIntegerField()),
                ("rating", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quality", to="routing.route"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("route", "destination"), name="routing_quality_destination")
                ],
            },
        ),
        migrations.CreateModel(
            name="RouteVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_label", models.CharField(blank=True, default="", max_length=255)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("snapshot", models.JSONField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="routing.route"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("route", "number"), name="routing_version_number")],
            },
        ),
        DefinerFunction("dakiya_route_ranks", "", "TABLE (prefix text, route_id bigint, rank int)", RANKS, EVERYBODY),
        migrations.RunSQL(
            [
                "REVOKE ALL ON routing_routecost, routing_routeversion, routing_routequality FROM dakiya_tenant",
                "GRANT SELECT (route_id, destination, rating) ON routing_routequality TO dakiya_tenant",
                # What was is never rewritten.
                "REVOKE UPDATE, DELETE ON routing_routeversion FROM dakiya_web, dakiya_worker, dakiya_platform",
                "REVOKE SELECT ON routing_plan FROM dakiya_tenant",
                "GRANT SELECT (id, name, version, is_active, created_at) ON routing_plan TO dakiya_tenant",
            ],
            migrations.RunSQL.noop,
        ),
    ]
