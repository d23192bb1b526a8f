"""The register: telemarketers, chains, links and consent templates, and what portals tell of every record."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Chain',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('portal_state', models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='pending', max_length=12)),
                ('state_reason', models.CharField(blank=True, default='', max_length=300)),
                ('state_source', models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8)),
                ('suspended_for', models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8)),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('synced_at', models.DateTimeField(null=True)),
                ('telemarketer_ids', models.JSONField(default=list)),
                ('delivery_id', models.CharField(db_collation='C', max_length=19)),
                ('hash', models.CharField(db_collation='C', max_length=64)),
                ('accepted_count', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='ConsentTemplate',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('portal_state', models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='pending', max_length=12)),
                ('state_reason', models.CharField(blank=True, default='', max_length=300)),
                ('state_source', models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8)),
                ('suspended_for', models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8)),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('synced_at', models.DateTimeField(null=True)),
                ('name', models.CharField(max_length=120)),
                ('brand', models.CharField(max_length=120)),
                ('scope', models.TextField()),
                ('dlt_consent_id', models.CharField(blank=True, default='', max_length=19)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('portal_state', models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='pending', max_length=12)),
                ('state_reason', models.CharField(blank=True, default='', max_length=300)),
                ('state_source', models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8)),
                ('suspended_for', models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8)),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('synced_at', models.DateTimeField(null=True)),
                ('kind', models.CharField(choices=[('static', 'Static link'), ('dynamic', 'Dynamic link'), ('short', 'Short link with header'), ('apk', 'App file (APK, IPA)'), ('ott', 'App or OTT link'), ('whatsapp', 'WhatsApp'), ('mobile', 'Mobile number'), ('landline', 'Landline number'), ('tollfree', 'Toll-free number'), ('series', '140 or 160 series number'), ('email', 'E-mail address')], max_length=8)),
                ('value', models.CharField(db_collation='C', max_length=500)),
                ('header', models.CharField(blank=True, db_collation='C', default='', max_length=15)),
                ('registration_id', models.CharField(blank=True, default='', max_length=64)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Telemarketer',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('portal_state', models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='pending', max_length=12)),
                ('state_reason', models.CharField(blank=True, default='', max_length=300)),
                ('state_source', models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8)),
                ('suspended_for', models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8)),
                ('valid_from', models.DateField(null=True)),
                ('valid_to', models.DateField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('synced_at', models.DateTimeField(null=True)),
                ('telemarketer_id', models.CharField(db_collation='C', max_length=19)),
                ('name', models.CharField(max_length=200)),
                ('role', models.CharField(choices=[('aggregator', 'Aggregator'), ('delivery', 'Delivery')], default='aggregator', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='dlt_consent_id',
            field=models.CharField(blank=True, default='', max_length=19),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='last_used_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='state_reason',
            field=models.CharField(blank=True, default='', max_length=300),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='state_source',
            field=models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='suspended_for',
            field=models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='synced_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='valid_from',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='dltregistration',
            name='valid_to',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='entity',
            name='entity_type',
            field=models.CharField(blank=True, choices=[('', 'Not known'), ('company', 'Company'), ('bank', 'Bank'), ('partnership', 'Partnership'), ('proprietor', 'Proprietor'), ('society', 'Society or trust'), ('government', 'Government body'), ('other', 'Other')], default='', max_length=12),
        ),
        migrations.AddField(
            model_name='entity',
            name='last_used_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='entity',
            name='portal',
            field=models.CharField(blank=True, choices=[('', 'Not known'), ('airtel', 'Airtel DLT'), ('vi', 'Vi Vilpower'), ('jio', 'Jio TrueConnect'), ('tata', 'Tata'), ('bsnl', 'BSNL'), ('mtnl', 'MTNL'), ('qtl', 'QTL'), ('smartping', 'SmartPing')], default='', max_length=12),
        ),
        migrations.AddField(
            model_name='entity',
            name='state_reason',
            field=models.CharField(blank=True, default='', max_length=300),
        ),
        migrations.AddField(
            model_name='entity',
            name='state_source',
            field=models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8),
        ),
        migrations.AddField(
            model_name='entity',
            name='suspended_for',
            field=models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8),
        ),
        migrations.AddField(
            model_name='entity',
            name='synced_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='entity',
            name='valid_from',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='entity',
            name='valid_to',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='sender',
            name='folded',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Replace(django.db.models.functions.text.Replace(models.Func(django.db.models.functions.text.Upper(models.F('header')), models.Value('01L582'), models.Value('OIISBZ'), function='translate', output_field=models.CharField(db_collation='C', max_length=15)), models.Value('VV'), models.Value('W')), models.Value('RN'), models.Value('M')), output_field=models.CharField(db_collation='C', max_length=15)),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='last_used_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='state_reason',
            field=models.CharField(blank=True, default='', max_length=300),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='state_source',
            field=models.CharField(choices=[('portal', 'Portal'), ('import', 'Imported file'), ('dlr', 'Delivery reports'), ('user', 'A member')], default='user', max_length=8),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='suspended_for',
            field=models.CharField(blank=True, choices=[('', '–'), ('validity', 'Its validity ended'), ('usage', 'It was not used'), ('misuse', 'It was misused')], default='', max_length=8),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='synced_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='tenure',
            field=models.CharField(choices=[('permanent', 'Permanent'), ('temporary', 'Temporary')], default='permanent', max_length=9),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='valid_from',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='senderregistration',
            name='valid_to',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='template',
            name='category_raw',
            field=models.CharField(blank=True, choices=[('', 'Not known'), ('transactional', 'Transactional'), ('service', 'Service'), ('service_implicit', 'Service implicit'), ('service_explicit', 'Service explicit'), ('promotional', 'Promotional'), ('government', 'Government')], default='', max_length=20),
        ),
        migrations.AddField(
            model_name='template',
            name='topic',
            field=models.CharField(blank=True, default='', max_length=60),
        ),
        migrations.AlterField(
            model_name='dltregistration',
            name='portal_state',
            field=models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='pending', max_length=12),
        ),
        migrations.AlterField(
            model_name='entity',
            name='portal_state',
            field=models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='active', max_length=12),
        ),
        migrations.AlterField(
            model_name='sender',
            name='kind',
            field=models.CharField(choices=[('alpha', 'Name (letters and digits)'), ('numeric', 'Numeric header'), ('short', 'Short code'), ('long', 'Long number'), ('govt', 'Government header')], default='alpha', max_length=8),
        ),
        migrations.AlterField(
            model_name='senderregistration',
            name='portal_state',
            field=models.CharField(choices=[('draft', 'Draft'), ('added', 'Added'), ('awaiting_tm', 'Awaiting telemarketers'), ('awaiting_pe', 'Awaiting the entity'), ('pending', 'Pending'), ('active', 'Active'), ('suspended', 'Suspended'), ('rejected', 'Rejected'), ('declined', 'Declined'), ('blacklisted', 'Blacklisted'), ('retired', 'Retired'), ('revoked', 'Revoked'), ('closed', 'Closed')], default='pending', max_length=12),
        ),
        migrations.AddIndex(
            model_name='sender',
            index=models.Index(fields=['tenant_id', 'folded'], name='compliance_sender_folded'),
        ),
        migrations.AddField(
            model_name='chain',
            name='entity',
            field=kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='chains', to='compliance.entity'),
        ),
        migrations.AddField(
            model_name='consenttemplate',
            name='entity',
            field=kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consent_templates', to='compliance.entity'),
        ),
        migrations.AddField(
            model_name='link',
            name='entity',
            field=kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='compliance.entity'),
        ),
        migrations.AddField(
            model_name='telemarketer',
            name='entity',
            field=kernel.db.fields.TenantForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='telemarketers', to='compliance.entity'),
        ),
        migrations.AddIndex(
            model_name='chain',
            index=models.Index(fields=['tenant_id', 'entity', 'delivery_id'], name='compliance_chain_delivery'),
        ),
        migrations.AddConstraint(
            model_name='chain',
            constraint=models.UniqueConstraint(condition=models.Q(('portal_state__in', ['revoked', 'declined']), _negated=True), fields=('tenant_id', 'entity', 'hash'), name='compliance_chain_hash_unique'),
        ),
        migrations.AddConstraint(
            model_name='consenttemplate',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'entity', 'name'), name='compliance_consenttemplate_unique'),
        ),
        migrations.AddConstraint(
            model_name='consenttemplate',
            constraint=models.UniqueConstraint(condition=models.Q(('dlt_consent_id', ''), _negated=True), fields=('tenant_id', 'dlt_consent_id'), name='compliance_consenttemplate_dlt_id'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'entity', 'kind', 'value'), name='compliance_link_unique'),
        ),
        migrations.AddConstraint(
            model_name='telemarketer',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'entity', 'telemarketer_id'), name='compliance_telemarketer_unique'),
        ),
        TenantTable('Telemarketer'),
        TenantTable('Chain'),
        TenantTable('Link'),
        TenantTable('ConsentTemplate'),
    ]
