"""News for members, counted in the look-up that every page makes anyway; and how many people a review takes."""

from __future__ import annotations

import django.db.models.deletion
import kernel.db.tenancy
import kernel.domain.ids
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

from kernel.db.operations import DefinerFunction, TenantTable

LOGINS = ("dakiya_web", "dakiya_worker")
INFO = "t.id, t.name, t.slug, t.timezone, t.currency, t.country, t.state"
INFO_COLUMNS = "tenant_id uuid, tenant_name text, slug text, timezone text, currency text, country text, state text"
PLACES = (
    "FROM tenants_member m JOIN tenants_tenant t ON t.id = m.tenant_id "
    "WHERE m.user_id = wanted AND m.removed_at IS NULL ORDER BY t.name, t.id"
)
UNREAD = (
    "(SELECT count(*)::integer FROM (SELECT FROM tenants_notification n WHERE n.tenant_id = m.tenant_id "
    "AND n.user_id = m.user_id AND n.read_at IS NULL LIMIT 100) newest)"
)


class DropDefinerFunction(DefinerFunction):
    """What it returns changes, which PostgreSQL only takes from a new one; backwards the old one comes back."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        super().database_backwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0003_send_weight'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenant',
            name='review_rule',
            field=models.CharField(choices=[('one', 'One reviewer; owners may approve what they submitted themselves'), ('four_eyes', 'Four eyes: nobody approves what they wrote or submitted, owners neither'), ('two_approvers', 'Two approvers: as four eyes, and two different people approve')], db_default='one', default='one', max_length=16),
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('tone', models.CharField(choices=[('ok', 'Good news'), ('wait', 'Something to do'), ('bad', 'Bad news'), ('info', 'News')], default='info', max_length=4)),
                ('title', models.CharField(max_length=200)),
                ('text', models.TextField(blank=True, default='')),
                ('path', models.CharField(max_length=200)),
                ('key', models.CharField(blank=True, default='', max_length=120)),
                ('created_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('mail_due_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['tenant_id', 'user', 'id'], name='tenants_notification_list'), models.Index(condition=models.Q(('read_at__isnull', True)), fields=['tenant_id', 'user'], name='tenants_notification_unread'), models.Index(condition=models.Q(('mail_due_at__isnull', False)), fields=['tenant_id', 'mail_due_at'], name='tenants_notification_mail')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('tenant_id', 'user', 'key'), name='tenants_notification_once')],
            },
        ),
        TenantTable("Notification"),
        migrations.RunSQL("GRANT UPDATE (review_rule) ON tenants_tenant TO dakiya_tenant", migrations.RunSQL.noop),
        DropDefinerFunction(
            "dakiya_memberships",
            "wanted uuid",
            f"TABLE ({INFO_COLUMNS}, role text)",
            f"SELECT {INFO}, m.role {PLACES}",
            LOGINS,
        ),
        DefinerFunction(
            "dakiya_memberships",
            "wanted uuid",
            f"TABLE ({INFO_COLUMNS}, role text, unread integer)",
            f"SELECT {INFO}, m.role, {UNREAD} {PLACES}",
            LOGINS,
        ),
    ]
