"""People, tenants, and what tells them apart before a tenant is known."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
import kernel.db.tenancy
import kernel.domain.clock
import kernel.domain.ids
from django.conf import settings
from django.db import migrations, models

from kernel.db.operations import DefinerFunction, TenantTable

LOGINS = ("dakiya_web", "dakiya_worker")
INFO = "t.id, t.name, t.slug, t.timezone, t.currency, t.country, t.state"
INFO_COLUMNS = "tenant_id uuid, tenant_name text, slug text, timezone text, currency text, country text, state text"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("kernel", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Tenant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                ("slug", models.SlugField(unique=True)),
                ("timezone", models.CharField(default="Asia/Kolkata", max_length=64)),
                ("country", models.CharField(default="IN", max_length=2)),
                ("currency", models.CharField(default="INR", max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("suspended", "Suspended")], default="active", max_length=16
                    ),
                ),
                ("text_retention_days_otp", models.PositiveSmallIntegerField(default=1)),
                ("text_retention_days_transactional", models.PositiveSmallIntegerField(default=30)),
                ("text_retention_days_promotional", models.PositiveSmallIntegerField(default=30)),
                ("smart_encoding", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=kernel.domain.clock.utc_now, editable=False)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True)),
                ("full_name", models.CharField(blank=True, max_length=150)),
                ("is_staff", models.BooleanField(default=False, verbose_name="platform staff")),
                ("is_active", models.BooleanField(default=True)),
                ("date_joined", models.DateTimeField(default=kernel.domain.clock.utc_now, editable=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(editable=False, max_length=16)),
                ("created_at", models.DateTimeField(default=kernel.domain.clock.utc_now, editable=False)),
                ("last_used_at", models.DateTimeField(editable=False, null=True)),
                ("revoked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("marketer", "Marketer"),
                            ("compliance", "Compliance officer"),
                            ("finance", "Finance"),
                            ("developer", "Developer"),
                            ("viewer", "Viewer"),
                        ],
                        max_length=16,
                    ),
                ),
                ("nonce", models.UUIDField(default=kernel.domain.ids.uuid7, editable=False)),
                ("created_at", models.DateTimeField(default=kernel.domain.clock.utc_now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("mail_due_at", models.DateTimeField(null=True)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("marketer", "Marketer"),
                            ("compliance", "Compliance officer"),
                            ("finance", "Finance"),
                            ("developer", "Developer"),
                            ("viewer", "Viewer"),
                        ],
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField(default=kernel.domain.clock.utc_now, editable=False)),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="tenants_user_email_lower",
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(
                condition=models.Q(("mail_due_at__isnull", False)),
                fields=["tenant_id", "mail_due_at"],
                name="tenants_invitation_mail_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                fields=("tenant_id", "email"),
                name="tenants_invitation_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(fields=("tenant_id", "user"), name="tenants_member_once"),
        ),
        TenantTable("Tenant", own_row=True),
        TenantTable("ApiToken"),
        TenantTable("Invitation"),
        TenantTable("Member"),
        migrations.RunSQL(
            [
                # A tenant may not suspend, free or delete itself, nor change its currency.
                "REVOKE ALL ON tenants_tenant FROM dakiya_tenant",
                "GRANT SELECT, UPDATE (name, timezone, smart_encoding, text_retention_days_otp, "
                "text_retention_days_transactional, text_retention_days_promotional) ON tenants_tenant TO dakiya_tenant",
                # Who worked for a tenant and when is history.
                "REVOKE DELETE ON tenants_member, tenants_invitation, tenants_apitoken FROM dakiya_tenant",
                "ALTER TABLE tenants_user ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
                "CREATE POLICY tenant ON tenants_user FOR SELECT TO dakiya_tenant USING (EXISTS ("
                "SELECT FROM tenants_member m WHERE m.user_id = tenants_user.id "
                "AND m.tenant_id = nullif(current_setting('dakiya.tenant', true), '')::uuid))",
                "CREATE POLICY login ON tenants_user TO dakiya_web, dakiya_worker, dakiya_platform "
                "USING (true) WITH CHECK (true)",
            ],
            migrations.RunSQL.noop,
        ),
        DefinerFunction(
            "dakiya_memberships",
            "wanted uuid",
            f"TABLE ({INFO_COLUMNS}, role text)",
            f"SELECT {INFO}, m.role FROM tenants_member m JOIN tenants_tenant t ON t.id = m.tenant_id "
            "WHERE m.user_id = wanted AND m.removed_at IS NULL ORDER BY t.name, t.id",
            LOGINS,
        ),
        DefinerFunction(
            "dakiya_api_token",
            "wanted text",
            f"TABLE ({INFO_COLUMNS}, token_id uuid, revoked_at timestamptz)",
            f"SELECT {INFO}, k.id, k.revoked_at FROM kernel_name n "
            "JOIN tenants_apitoken k ON (k.tenant_id, k.id) = (n.tenant_id, n.object_id) "
            "JOIN tenants_tenant t ON t.id = n.tenant_id WHERE n.kind = 'api_token' AND n.name = wanted",
            LOGINS,
        ),
    ]
