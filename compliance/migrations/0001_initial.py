"""Entities, senders, templates, their reviews and registrations, opt-outs."""

from __future__ import annotations

import django.db.models.deletion
import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Entity',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('legal_name', models.CharField(max_length=200)),
                ('country', models.CharField(default='IN', max_length=2)),
                ('dlt_entity_id', models.CharField(blank=True, default='', max_length=19)),
                ('portal_state', models.CharField(choices=[('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired')], default='active', max_length=12)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('dlt_entity_id', ''), _negated=True), fields=('tenant_id', 'country', 'dlt_entity_id'), name='compliance_entity_dlt_id_unique')],
            },
        ),
        migrations.CreateModel(
            name='OptOut',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('recipient', models.CharField(db_collation='C', max_length=16)),
                ('sender', models.CharField(db_collation='C', max_length=15, null=True)),
                ('source', models.CharField(choices=[('person', 'Entered by a member'), ('api', 'API'), ('reply', 'Reply by SMS'), ('import', 'Imported list')], default='person', max_length=8)),
                ('created_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('tenant_id', 'recipient', 'sender'), name='compliance_optout_standing_unique', nulls_distinct=False)],
            },
        ),
        migrations.CreateModel(
            name='Review',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('object_type', models.CharField(choices=[('sender', 'Sender'), ('template', 'Template')], max_length=8)),
                ('object_id', models.UUIDField()),
                ('from_state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'In review'), ('changes_asked', 'Changes asked'), ('approved', 'Approved'), ('rejected', 'Rejected')], max_length=16)),
                ('to_state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'In review'), ('changes_asked', 'Changes asked'), ('approved', 'Approved'), ('rejected', 'Rejected')], max_length=16)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(max_length=200)),
                ('note', models.TextField(blank=True, default='')),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['tenant_id', 'object_id', 'id'], name='compliance_review_object')],
            },
        ),
        migrations.CreateModel(
            name='RuleVersion',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('version', models.UUIDField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id',), name='compliance_ruleversion_tenant_unique')],
            },
        ),
        migrations.CreateModel(
            name='Sender',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'In review'), ('changes_asked', 'Changes asked'), ('approved', 'Approved'), ('rejected', 'Rejected')], default='draft', max_length=16)),
                ('created_at', models.DateTimeField()),
                ('created_by_id', models.UUIDField(editable=False, null=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('submitted_by_id', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('header', models.CharField(db_collation='C', max_length=15)),
                ('kind', models.CharField(choices=[('alpha', 'Name (letters and digits)'), ('numeric', 'Numeric header'), ('short', 'Short code'), ('long', 'Long number')], default='alpha', max_length=8)),
                ('purpose', models.CharField(blank=True, default='', max_length=200)),
                ('entity', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='senders', to='compliance.entity')),
            ],
        ),
        migrations.CreateModel(
            name='SenderRegistration',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('country', models.CharField(max_length=2)),
                ('registration_id', models.CharField(blank=True, default='', max_length=64)),
                ('portal_state', models.CharField(choices=[('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired')], default='pending', max_length=12)),
                ('changed_at', models.DateTimeField()),
                ('sender', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='registrations', to='compliance.sender')),
            ],
        ),
        migrations.CreateModel(
            name='Template',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'In review'), ('changes_asked', 'Changes asked'), ('approved', 'Approved'), ('rejected', 'Rejected')], default='draft', max_length=16)),
                ('created_at', models.DateTimeField()),
                ('created_by_id', models.UUIDField(editable=False, null=True)),
                ('submitted_at', models.DateTimeField(null=True)),
                ('submitted_by_id', models.UUIDField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('name', models.CharField(max_length=120)),
                ('version', models.PositiveIntegerField(default=1)),
                ('body', models.TextField()),
                ('category', models.CharField(choices=[('T', 'Transactional'), ('S', 'Service'), ('P', 'Promotional'), ('G', 'Government')], default='S', max_length=1)),
                ('is_otp', models.BooleanField(default=False)),
                ('variables', models.JSONField(default=list)),
                ('sender', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='templates', to='compliance.sender')),
            ],
        ),
        migrations.CreateModel(
            name='DltRegistration',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('country', models.CharField(default='IN', max_length=2)),
                ('dlt_template_id', models.CharField(max_length=19)),
                ('header', models.CharField(db_collation='C', max_length=15)),
                ('portal_state', models.CharField(choices=[('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired')], default='pending', max_length=12)),
                ('changed_at', models.DateTimeField()),
                ('template', kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='registrations', to='compliance.template')),
            ],
        ),
        migrations.AddIndex(
            model_name='sender',
            index=models.Index(fields=['tenant_id', 'state', 'submitted_at'], name='compliance_sender_queue'),
        ),
        migrations.AddConstraint(
            model_name='sender',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'rejected'), _negated=True), fields=('tenant_id', 'header'), name='compliance_sender_header_unique'),
        ),
        migrations.AddConstraint(
            model_name='senderregistration',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'sender', 'country'), name='compliance_sender_registration_unique'),
        ),
        migrations.AddIndex(
            model_name='template',
            index=models.Index(fields=['tenant_id', 'state', 'submitted_at'], name='compliance_template_queue'),
        ),
        migrations.AddIndex(
            model_name='template',
            index=models.Index(fields=['tenant_id', 'sender'], name='compliance_template_sender'),
        ),
        migrations.AddConstraint(
            model_name='template',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'name', 'version'), name='compliance_template_version_unique'),
        ),
        migrations.AddConstraint(
            model_name='dltregistration',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'template', 'country'), name='compliance_dlt_registration_unique'),
        ),
        migrations.AddConstraint(
            model_name='dltregistration',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'country', 'dlt_template_id'), name='compliance_dlt_template_id_unique'),
        ),
        TenantTable('Entity'),
        TenantTable('Sender'),
        TenantTable('SenderRegistration'),
        TenantTable('Template'),
        TenantTable('DltRegistration'),
        TenantTable('Review', append_only=True),
        TenantTable('OptOut'),
        TenantTable('RuleVersion'),
    ]
