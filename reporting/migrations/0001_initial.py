"""Roll-ups of the message log."""

from __future__ import annotations

import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('id', models.UUIDField(default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ('quarter', models.DateTimeField()),
                ('traffic_class', models.SmallIntegerField(choices=[(0, 'otp'), (1, 'transactional'), (2, 'promotional')])),
                ('source', models.SmallIntegerField(choices=[(1, 'API'), (2, 'campaign'), (3, 'browser')])),
                ('destination', models.CharField(max_length=16)),
                ('route_id', models.IntegerField(help_text='Null: refused before a route was chosen', null=True)),
                ('campaign_id', models.UUIDField(null=True)),
                ('outcome', models.SmallIntegerField(choices=[(10, 'scheduled'), (20, 'accepted'), (30, 'queued'), (40, 'submitted'), (50, 'delivered'), (60, 'undelivered'), (61, 'expired'), (62, 'rejected'), (63, 'failed'), (70, 'unknown'), (80, 'blocked'), (81, 'cancelled')])),
                ('error_code', models.CharField(max_length=40)),
                ('messages', models.BigIntegerField()),
                ('segments', models.BigIntegerField()),
                ('charged_micros', models.BigIntegerField()),
                ('cost_micros', models.BigIntegerField()),
                ('latency_ms', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['quarter'], name='reporting_rollup_quarter')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'quarter', 'traffic_class', 'source', 'destination', 'route_id', 'campaign_id', 'outcome', 'error_code'), name='reporting_rollup_dimensions', nulls_distinct=False)],
            },
        ),
        TenantTable("Rollup"),
    ]
