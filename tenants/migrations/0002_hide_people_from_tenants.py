"""Sessions, mail confirmations and the like say who else uses the installation: no tenant's role reads them."""

from __future__ import annotations

from django.db import migrations

TABLES = (
    "django_session",
    "django_admin_log",
    "account_emailaddress",
    "account_emailconfirmation",
    "tenants_user_groups",
    "tenants_user_user_permissions",
)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("sessions", "0001_initial"),
        ("admin", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.RunSQL(
            [f"REVOKE ALL ON {table} FROM dakiya_tenant" for table in TABLES],
            [f"GRANT SELECT ON {table} TO dakiya_tenant" for table in TABLES],
        )
    ]
