"""What a route costs and how it logs in is the platform's business: a tenant's role reads its name and state alone."""

from __future__ import annotations

from django.db import migrations

READABLE = "id, name, kind, state"


class Migration(migrations.Migration):
    dependencies = [("routing", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [
                "REVOKE ALL ON routing_route, routing_routegauge FROM dakiya_tenant",
                f"GRANT SELECT ({READABLE}) ON routing_route TO dakiya_tenant",
            ],
            [
                f"REVOKE SELECT ({READABLE}) ON routing_route FROM dakiya_tenant",
                "GRANT SELECT ON routing_route, routing_routegauge TO dakiya_tenant",
            ],
        )
    ]
