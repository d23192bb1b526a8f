"""Answers of look-ups, reports on lists, numbers that failed for good and what was done about them."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Removal',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('kind', models.CharField(choices=[('remove', 'Removed from lists'), ('suppress', 'Suppressed')], max_length=8)),
                ('numbers', models.PositiveIntegerField()),
                ('memberships', models.PositiveIntegerField(default=0)),
                ('opt_out_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(max_length=255)),
                ('at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='LookupAnswer',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('phone', models.CharField(db_collation='C', max_length=16)),
                ('status', models.CharField(choices=[('live', 'Live'), ('absent', 'Absent'), ('unknown', 'Unknown')], max_length=8)),
                ('line_type', models.CharField(choices=[('mobile', 'Mobile'), ('landline', 'Landline'), ('other', 'Other'), ('unknown', 'Unknown')], max_length=8)),
                ('operator', models.CharField(blank=True, default='', max_length=60)),
                ('circle', models.CharField(blank=True, default='', max_length=60)),
                ('is_ported', models.BooleanField(null=True)),
                ('source', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'phone'), name='campaigns_lookup_phone_unique')],
            },
        ),
        migrations.CreateModel(
            name='NumberFailure',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('phone', models.CharField(db_collation='C', max_length=16)),
                ('failures', models.PositiveIntegerField()),
                ('last_code', models.CharField(max_length=40)),
                ('last_message_id', models.UUIDField()),
                ('last_at', models.DateTimeField()),
                ('settled_by', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('failures__gte', 3), ('settled_by', None)), fields=['tenant_id', 'id'], name='campaigns_failure_open')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'phone'), name='campaigns_failure_phone_unique')],
            },
        ),
        migrations.CreateModel(
            name='ListReport',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('state', models.CharField(choices=[('counting', 'Being counted'), ('done', 'Counted')], default='counting', max_length=8)),
                ('people', models.PositiveIntegerField(help_text='On the list when it was asked for; for the progress bar')),
                ('position', models.UUIDField(null=True)),
                ('counts', models.JSONField(default=dict)),
                ('score', models.PositiveSmallIntegerField(null=True)),
                ('parts', models.JSONField(default=list)),
                ('requested_at', models.DateTimeField()),
                ('touched_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('contact_list', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='campaigns.contactlist')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant_id', 'contact_list', 'id'], name='campaigns_report_list'), models.Index(condition=models.Q(('state', 'counting')), fields=['touched_at'], name='campaigns_report_open')],
            },
        ),
        migrations.CreateModel(
            name='RemovedMember',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('import_id', models.UUIDField(null=True)),
                ('contact', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.contact')),
                ('contact_list', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.contactlist')),
                ('removal', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='campaigns.removal')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant_id', 'removal'], name='campaigns_removed_removal')],
            },
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('scope', models.CharField(choices=[('all', 'Everybody'), ('suspicious', 'Suspicious numbers')], max_length=10)),
                ('state', models.CharField(choices=[('running', 'Looking up'), ('done', 'Looked up'), ('stopped', 'Stopped')], default='running', max_length=8)),
                ('source_id', models.IntegerField()),
                ('source_name', models.CharField(max_length=64)),
                ('keep_days', models.PositiveSmallIntegerField()),
                ('unit_micros', models.BigIntegerField()),
                ('currency', models.CharField(max_length=3)),
                ('most', models.PositiveIntegerField()),
                ('position', models.UUIDField(null=True)),
                ('answered', models.PositiveIntegerField(default=0)),
                ('failed', models.PositiveIntegerField(default=0)),
                ('charged_micros', models.BigIntegerField(default=0)),
                ('problem', models.JSONField(null=True)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField()),
                ('touched_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('contact_list', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='campaigns.contactlist')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant_id', 'contact_list', 'id'], name='campaigns_verify_list'), models.Index(condition=models.Q(('state', 'running')), fields=['touched_at'], name='campaigns_verify_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('tenant_id', 'contact_list'), name='campaigns_verify_one_running')],
            },
        ),
        TenantTable("Removal"),
        TenantTable("LookupAnswer"),
        TenantTable("NumberFailure"),
        TenantTable("ListReport"),
        TenantTable("RemovedMember"),
        TenantTable("Verification"),
    ]
