"""The order of routes by cost as rows: a tenant's role reads them, and calls no function of the platform's."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# Of every route, whether it is enabled or not.
FILL = """
    INSERT INTO routing_routerank (prefix, route_id, rank)
    SELECT p.prefix, r.id, dense_rank() OVER (PARTITION BY p.prefix ORDER BY coalesce((
        SELECT c.cost_micros FROM routing_routecost c WHERE c.route_id = r.id AND starts_with(p.prefix, c.prefix)
        ORDER BY length(c.prefix) DESC LIMIT 1), r.cost_micros))
    FROM (SELECT prefix FROM routing_routecost UNION SELECT '') p CROSS JOIN routing_route r
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0004_versions_and_strategies")]

    operations = [
        migrations.CreateModel(
            name="RouteRank",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prefix", models.CharField(blank=True, max_length=15)),
                ("rank", models.PositiveIntegerField()),
                (
                    "route",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ranks", to="routing.route"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("route", "prefix"), name="routing_rank_prefix")],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL("DROP FUNCTION dakiya_route_ranks()", migrations.RunSQL.noop),
    ]
