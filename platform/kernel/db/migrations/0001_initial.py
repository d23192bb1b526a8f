"""Names known before their tenant is, and the cursors of the event logs."""

from __future__ import annotations

import kernel.db.tenancy
from django.db import migrations, models

from kernel.db.operations import TENANT_EXPRESSION


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("reader", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("xid", models.BigIntegerField(default=0)),
                ("event_id", models.BigIntegerField(default=0)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Name",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=32)),
                ("name", models.CharField(db_collation="C", max_length=255)),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("object_id", models.UUIDField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "name"), name="kernel_name_unique")],
            },
        ),
        # A tenant keeps its own names and cannot list others'; look-ups across tenants are SECURITY DEFINER functions.
        migrations.RunSQL(
            [
                "ALTER TABLE kernel_name ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY tenant ON kernel_name TO dakiya_tenant USING ({TENANT_EXPRESSION}) WITH CHECK ({TENANT_EXPRESSION})",
                "CREATE POLICY platform ON kernel_name TO dakiya_platform USING (true) WITH CHECK (true)",
                "REVOKE ALL ON kernel_name FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform",
                "GRANT SELECT, INSERT, DELETE ON kernel_name TO dakiya_tenant, dakiya_platform",
                "REVOKE ALL ON kernel_cursor FROM dakiya_tenant",
            ],
            migrations.RunSQL.noop,
        ),
    ]
