"""Exports of registration portals on their way into the register, and what each of their rows would do."""

from __future__ import annotations

import django.db.models.deletion
import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0005_review_findings'),
    ]

    operations = [
        migrations.CreateModel(
            name='PortalImport',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('kind', models.CharField(choices=[('templates', 'Content templates'), ('headers', 'Headers'), ('entities', 'Entities'), ('chains', 'Telemarketer chains'), ('links', 'CTA links and numbers'), ('consents', 'Consent templates')], max_length=10)),
                ('review', models.CharField(choices=[('draft', 'Drafts'), ('submit', 'Submitted for review'), ('approve', 'Approved, where the portal says active')], default='submit', max_length=8)),
                ('filename', models.CharField(max_length=200)),
                ('path', models.CharField(help_text='Below MEDIA_ROOT; empty when the file is deleted', max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('size_octets', models.BigIntegerField()),
                ('state', models.CharField(choices=[('reading', 'Being read'), ('mapping', 'Columns to map'), ('comparing', 'Being compared'), ('ready', 'Ready to apply'), ('applying', 'Being applied'), ('applied', 'Applied'), ('refused', 'Not usable'), ('cancelled', 'Cancelled')], default='reading', max_length=10)),
                ('sheet', models.CharField(blank=True, default='', max_length=64)),
                ('sheets', models.JSONField(default=list)),
                ('encoding', models.CharField(blank=True, default='', max_length=12)),
                ('delimiter', models.CharField(blank=True, default='', max_length=1)),
                ('columns', models.JSONField(default=list)),
                ('mapping', models.JSONField(default=list)),
                ('preview', models.JSONField(default=list)),
                ('body_from', models.PositiveIntegerField(default=2)),
                ('total', models.PositiveIntegerField(default=0)),
                ('position', models.PositiveIntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('reasons', models.JSONField(default=dict)),
                ('problem', models.JSONField(help_text='code, detail, remedy of a refused file', null=True)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(max_length=255)),
                ('created_at', models.DateTimeField()),
                ('touched_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('entity', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='compliance.entity')),
            ],
        ),
        migrations.CreateModel(
            name='PortalImportRow',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('number', models.PositiveIntegerField(null=True)),
                ('verdict', models.CharField(choices=[('new', 'New'), ('changed', 'Changed'), ('doubtful', 'To be confirmed'), ('refused', 'Refused'), ('repeated', 'The same again'), ('unchanged', 'Unchanged'), ('missing', 'Not in the file')], max_length=9)),
                ('label', models.CharField(max_length=200)),
                ('values', models.JSONField(default=dict)),
                ('changes', models.JSONField(default=dict)),
                ('findings', models.JSONField(default=list)),
                ('is_confirmed', models.BooleanField(default=False)),
                ('is_applied', models.BooleanField(default=False)),
                ('portal_import', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='compliance.portalimport')),
            ],
        ),
        migrations.AddIndex(
            model_name='portalimport',
            index=models.Index(condition=models.Q(('state__in', ['reading', 'comparing', 'applying'])), fields=['touched_at'], name='compliance_import_running'),
        ),
        migrations.AddIndex(
            model_name='portalimportrow',
            index=models.Index(fields=['tenant_id', 'portal_import', 'verdict', 'id'], name='compliance_importrow_verdict'),
        ),
        TenantTable('PortalImport'),
        TenantTable('PortalImportRow'),
    ]
