"""The tables of the way of a message; three of them are SQL alone (see messaging.models)."""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.functions
from django.db import migrations, models

import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TENANT_EXPRESSION, CreatePartitionedModel, TenantTable

MESSAGE_TEXTS = """
CREATE TABLE message_texts (
    tenant_id uuid NOT NULL, id uuid NOT NULL, retention smallint NOT NULL, text text NOT NULL,
    PRIMARY KEY (tenant_id, id, retention)
) PARTITION BY LIST (retention)
"""
OPERATOR_IDS = """
CREATE TABLE operator_ids (
    route_id integer NOT NULL, operator_key text COLLATE "C" NOT NULL, tenant_id uuid NOT NULL, message_id uuid NOT NULL,
    part smallint NOT NULL, parts smallint NOT NULL, batch_id uuid NOT NULL, at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, message_id, part, at)
) PARTITION BY RANGE (at)
"""
MESSAGE_PARTS = """
CREATE TABLE message_parts (
    tenant_id uuid NOT NULL, message_id uuid NOT NULL, part smallint NOT NULL, status smallint NOT NULL,
    error_code text, at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, message_id, part)
)
"""


def secured(table: str, rights: str) -> list[str]:
    """What TenantTable does, for a table without a model."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} TO dakiya_tenant USING ({TENANT_EXPRESSION}) WITH CHECK ({TENANT_EXPRESSION})",
        f"CREATE POLICY platform ON {table} TO dakiya_platform USING (true) WITH CHECK (true)",
        f"REVOKE ALL ON {table} FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform",
        f"GRANT {rights} ON {table} TO dakiya_tenant, dakiya_platform",
    ]


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('origin_id', models.UUIDField()),
                ('route_id', models.IntegerField()),
                ('candidates', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), help_text='Routes left to try, in order', size=None)),
                ('traffic_class', models.SmallIntegerField(choices=[(0, 'otp'), (1, 'transactional'), (2, 'promotional')])),
                ('source', models.SmallIntegerField(choices=[(1, 'API'), (2, 'campaign'), (3, 'browser')])),
                ('campaign_id', models.UUIDField(null=True)),
                ('campaign_label', models.CharField(default='', max_length=120)),
                ('template_id', models.UUIDField(null=True)),
                ('sender', models.CharField(max_length=21)),
                ('destination', models.CharField(max_length=16)),
                ('destination_label', models.CharField(max_length=80)),
                ('dlt_entity_id', models.CharField(default='', max_length=32)),
                ('dlt_template_id', models.CharField(default='', max_length=32)),
                ('charged_on', models.CharField(max_length=10)),
                ('retention_days', models.SmallIntegerField()),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('messages', models.IntegerField()),
                ('accepted_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('not_after', models.DateTimeField()),
                ('state', models.SmallIntegerField(choices=[(0, 'ready'), (1, 'leased'), (2, 'waiting for its time'), (3, 'held'), (4, 'sent'), (5, 'closed'), (6, 'cancelled')])),
                ('sent_upto', models.IntegerField(default=0)),
                ('tries', models.SmallIntegerField(default=0)),
                ('lease_token', models.UUIDField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_owner', models.CharField(default='', max_length=80)),
            ],
            options={
                'db_table': 'batches',
                'indexes': [models.Index(condition=models.Q(('state', 0)), fields=['route_id', 'traffic_class', 'id'], name='batches_ready'), models.Index(condition=models.Q(('state', 1)), fields=['lease_until'], name='batches_leased'), models.Index(condition=models.Q(('state', 2)), fields=['due_at'], name='batches_due'), models.Index(condition=models.Q(('state__in', [0, 2, 3, 4])), fields=['not_after'], name='batches_open'), models.Index(fields=['tenant_id', 'campaign_id', 'state'], name='batches_by_campaign')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('key', models.CharField(max_length=255)),
                ('request_hash', models.CharField(max_length=64)),
                ('status_code', models.SmallIntegerField()),
                ('answer', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'idempotency_keys',
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'key'), name='idempotency_keys_unique')],
            },
        ),
        CreatePartitionedModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('batch_id', models.UUIDField(null=True)),
                ('campaign_id', models.UUIDField(null=True)),
                ('template_id', models.UUIDField(null=True)),
                ('sender', models.CharField(max_length=21)),
                ('recipient', models.CharField(db_collation='C', max_length=20)),
                ('traffic_class', models.SmallIntegerField(choices=[(0, 'otp'), (1, 'transactional'), (2, 'promotional')])),
                ('source', models.SmallIntegerField(choices=[(1, 'API'), (2, 'campaign'), (3, 'browser')])),
                ('is_unicode', models.BooleanField()),
                ('segments', models.SmallIntegerField()),
                ('price_micros', models.BigIntegerField()),
                ('destination', models.CharField(help_text='Matched prefix of the rate card, digits without +', max_length=16)),
                ('retention_days', models.SmallIntegerField()),
                ('status', models.SmallIntegerField(choices=[(10, 'scheduled'), (20, 'accepted'), (30, 'queued'), (40, 'submitted'), (50, 'delivered'), (60, 'undelivered'), (61, 'expired'), (62, 'rejected'), (63, 'failed'), (70, 'unknown'), (80, 'blocked'), (81, 'cancelled')])),
                ('error_code', models.CharField(max_length=40, null=True)),
                ('operator_code', models.CharField(help_text="The operator's own words", max_length=64, null=True)),
                ('reference', models.CharField(max_length=100, null=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), null=True, size=None)),
                ('send_at', models.DateTimeField(null=True)),
                ('not_after', models.DateTimeField()),
                ('final_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'messages',
                'indexes': [models.Index(fields=['tenant_id', 'recipient', 'id'], name='messages_by_recipient'), models.Index(fields=['tenant_id', 'campaign_id', 'id'], name='messages_by_campaign')],
            },
            partition_by='RANGE (id)',
        ),
        migrations.CreateModel(
            name='MessageEvent',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('xid', kernel.db.fields.Xid8Field(db_default=models.Func(function='pg_current_xact_id'), editable=False)),
                ('at', models.DateTimeField()),
                ('kind', models.SmallIntegerField(choices=[(1, 'accepted'), (2, 'submitted'), (3, 'final'), (4, 'corrected')])),
                ('batch_id', models.UUIDField(null=True)),
                ('campaign_id', models.UUIDField(null=True)),
                ('route_id', models.IntegerField(null=True)),
                ('traffic_class', models.SmallIntegerField(choices=[(0, 'otp'), (1, 'transactional'), (2, 'promotional')])),
                ('source', models.SmallIntegerField(choices=[(1, 'API'), (2, 'campaign'), (3, 'browser')])),
                ('destination', models.CharField(default='', max_length=16)),
                ('outcome', models.SmallIntegerField(choices=[(10, 'scheduled'), (20, 'accepted'), (30, 'queued'), (40, 'submitted'), (50, 'delivered'), (60, 'undelivered'), (61, 'expired'), (62, 'rejected'), (63, 'failed'), (70, 'unknown'), (80, 'blocked'), (81, 'cancelled')])),
                ('previous', models.SmallIntegerField(choices=[(10, 'scheduled'), (20, 'accepted'), (30, 'queued'), (40, 'submitted'), (50, 'delivered'), (60, 'undelivered'), (61, 'expired'), (62, 'rejected'), (63, 'failed'), (70, 'unknown'), (80, 'blocked'), (81, 'cancelled')], null=True)),
                ('error_code', models.CharField(default='', max_length=40)),
                ('messages', models.IntegerField()),
                ('segments', models.IntegerField()),
                ('charged_micros', models.BigIntegerField(default=0)),
                ('cost_micros', models.BigIntegerField(default=0)),
                ('latency_ms', models.BigIntegerField(default=0, help_text='Sum over the messages, submit to receipt')),
                ('cohort_at', models.DateTimeField(help_text='When the messages were accepted')),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
            ],
            options={
                'db_table': 'message_events',
                'indexes': [models.Index(fields=['xid', 'id'], name='message_events_cursor'), models.Index(fields=['tenant_id', 'campaign_id', 'outcome', 'id'], name='message_events_by_campaign'), models.Index(fields=['tenant_id', 'batch_id', 'kind'], name='message_events_by_batch')],
            },
        ),
        migrations.CreateModel(
            name='UnmatchedReceipt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('route_id', models.IntegerField()),
                ('operator_ids', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), help_text='Normalised candidates', size=None)),
                ('recipient', models.CharField(max_length=21)),
                ('state', models.CharField(max_length=16)),
                ('stat', models.CharField(max_length=16)),
                ('err', models.CharField(max_length=16)),
                ('received_at', models.DateTimeField()),
                ('next_try_at', models.DateTimeField(null=True)),
                ('tries', models.SmallIntegerField(default=0)),
            ],
            options={
                'db_table': 'unmatched_receipts',
                'indexes': [models.Index(fields=['next_try_at'], name='unmatched_receipts_due')],
            },
        ),
        TenantTable("Batch"),
        TenantTable("IdempotencyKey"),
        TenantTable("Message"),
        TenantTable("MessageEvent", append_only=True),
        migrations.RunSQL(
            [
                "ALTER TABLE batches SET (fillfactor = 50)",
                MESSAGE_TEXTS,
                *(
                    f"CREATE TABLE message_texts_{days} PARTITION OF message_texts FOR VALUES IN ({days}) PARTITION BY RANGE (id)"
                    for days in (1, 7, 30, 90, 400)
                ),
                *(
                    f"REVOKE ALL ON message_texts_{days} FROM dakiya_web, dakiya_worker, dakiya_tenant, dakiya_platform"
                    for days in (1, 7, 30, 90, 400)
                ),
                OPERATOR_IDS,
                "CREATE INDEX operator_ids_by_key ON operator_ids (route_id, operator_key)",
                MESSAGE_PARTS,
                *secured("message_texts", "SELECT, INSERT"),
                *secured("operator_ids", "SELECT, INSERT"),
                *secured("message_parts", "SELECT, INSERT"),
            ],
            "DROP TABLE message_texts, operator_ids, message_parts",
        ),
    ]
