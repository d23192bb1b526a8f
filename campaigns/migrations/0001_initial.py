"""Contacts, lists and imports; campaigns with their runs and frozen audiences."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('compliance', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('scheduled', 'Scheduled'), ('preparing', 'Preparing'), ('sending', 'Sending'), ('paused', 'Paused'), ('cancelled', 'Cancelled'), ('finished', 'Finished')], default='draft', max_length=10)),
                ('mapping', models.JSONField(default=list)),
                ('send_at', models.DateTimeField(null=True)),
                ('is_immediate', models.BooleanField(default=False)),
                ('not_after', models.DateTimeField(null=True)),
                ('zone', models.CharField(default='Asia/Kolkata', max_length=64)),
                ('estimate', models.JSONField(null=True)),
                ('stopped', models.JSONField(null=True)),
                ('created_by_id', models.UUIDField(null=True)),
                ('created_by_label', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(help_text='Null while anything of it may still change by itself', null=True)),
                ('template', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='compliance.template')),
            ],
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('phone', models.CharField(db_collation='C', help_text='E.164', max_length=16)),
                ('name', models.CharField(blank=True, default='', max_length=120)),
                ('attributes', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'phone'), name='campaigns_contact_phone_unique')],
            },
        ),
        migrations.CreateModel(
            name='ContactList',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=120)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None)),
                ('size', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'name'), name='campaigns_list_name_unique')],
            },
        ),
        migrations.CreateModel(
            name='AudienceList',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('campaign', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='audience', to='campaigns.campaign')),
                ('contact_list', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.contactlist')),
            ],
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('list_name', models.CharField(max_length=120)),
                ('filename', models.CharField(max_length=200)),
                ('path', models.CharField(help_text='Below MEDIA_ROOT; empty when the file is deleted', max_length=200)),
                ('rejects_path', models.CharField(blank=True, default='', max_length=200)),
                ('rejects_octets', models.BigIntegerField(default=0)),
                ('sha256', models.CharField(max_length=64)),
                ('size_octets', models.BigIntegerField()),
                ('state', models.CharField(choices=[('reading', 'Being read'), ('mapping', 'Columns to map'), ('importing', 'Importing'), ('imported', 'Imported'), ('refused', 'Not usable'), ('cancelled', 'Cancelled')], default='reading', max_length=10)),
                ('region', models.CharField(default='IN', max_length=2)),
                ('encoding', models.CharField(blank=True, default='', max_length=12)),
                ('delimiter', models.CharField(blank=True, default='', max_length=1)),
                ('has_header', models.BooleanField(help_text='Null until somebody has looked', null=True)),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None)),
                ('mapping', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), default=list, size=None)),
                ('survey', models.JSONField(default=dict)),
                ('position', models.PositiveIntegerField(default=0)),
                ('octets_read', models.BigIntegerField(default=0)),
                ('added', models.PositiveIntegerField(default=0)),
                ('already_listed', models.PositiveIntegerField(default=0)),
                ('repeated', models.PositiveIntegerField(default=0)),
                ('rejected', models.PositiveIntegerField(default=0)),
                ('reasons', models.JSONField(default=dict, help_text='Rejected rows by code')),
                ('samples', models.JSONField(default=list, help_text='The first rejected rows')),
                ('problem', models.JSONField(help_text='code, detail, remedy of a refused file', null=True)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('touched_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('contact_list', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='campaigns.contactlist')),
            ],
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('import_id', models.UUIDField(null=True)),
                ('contact', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='campaigns.contact')),
                ('contact_list', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='campaigns.contactlist')),
            ],
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('number', models.PositiveIntegerField(default=1)),
                ('frozen_at', models.DateTimeField()),
                ('target', models.PositiveIntegerField(default=0)),
                ('chunks', models.PositiveIntegerField(default=0)),
                ('progress', models.JSONField(default=dict)),
                ('campaign', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='campaigns.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='Chunk',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('number', models.PositiveIntegerField()),
                ('first_position', models.PositiveIntegerField()),
                ('first_contact_id', models.UUIDField()),
                ('last_contact_id', models.UUIDField()),
                ('contact_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('size', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('done', 'Written'), ('cancelled', 'Cancelled')], default='pending', max_length=10)),
                ('queued_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('run', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='campaigns.run')),
            ],
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(fields=['tenant_id', 'state', 'id'], name='campaigns_campaign_state'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(condition=models.Q(('state', 'scheduled')), fields=['send_at'], name='campaigns_campaign_due'),
        ),
        migrations.AddIndex(
            model_name='campaign',
            index=models.Index(condition=models.Q(('finished_at', None), ('state__in', ['preparing', 'sending', 'paused', 'cancelled'])), fields=['started_at'], name='campaigns_campaign_running'),
        ),
        migrations.AddIndex(
            model_name='audiencelist',
            index=models.Index(fields=['tenant_id', 'contact_list'], name='campaigns_audience_list'),
        ),
        migrations.AddConstraint(
            model_name='audiencelist',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'campaign', 'contact_list'), name='campaigns_audience_once'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(fields=['tenant_id', 'sha256'], name='campaigns_import_sha256'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(condition=models.Q(('state__in', ['reading', 'importing'])), fields=['touched_at'], name='campaigns_import_running'),
        ),
        migrations.AddIndex(
            model_name='membership',
            index=models.Index(fields=['tenant_id', 'contact'], name='campaigns_membership_contact'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'contact_list', 'contact'), name='campaigns_membership_once'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'campaign', 'number'), name='campaigns_run_once'),
        ),
        migrations.AddIndex(
            model_name='chunk',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['tenant_id', 'run', 'number'], name='campaigns_chunk_open'),
        ),
        migrations.AddConstraint(
            model_name='chunk',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'run', 'number'), name='campaigns_chunk_once'),
        ),
        TenantTable("Contact"),
        TenantTable("ContactList"),
        TenantTable("Membership"),
        TenantTable("Import"),
        TenantTable("Campaign"),
        TenantTable("AudienceList"),
        TenantTable("Run"),
        TenantTable("Chunk"),
    ]
