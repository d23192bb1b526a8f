"""What people want: opt-outs by topic, consent as events, preferences from registers."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import kernel.db.fields
import kernel.db.tenancy
import kernel.domain.ids
from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0003_stops"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConsentEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("recipient", models.CharField(db_collation="C", max_length=16)),
                ("sender", models.CharField(blank=True, db_collation="C", default="", max_length=15)),
                ("topic", models.CharField(blank=True, default="", max_length=60)),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("given", "Given"),
                            ("confirmed", "Confirmed"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("form", "Form"),
                            ("double", "Form, confirmed"),
                            ("paper", "Paper"),
                            ("call", "Call or missed call"),
                            ("dca", "Operators' consent register"),
                            ("keyword", "Reply by SMS"),
                            ("link", "Opt-out page"),
                            ("api", "API"),
                            ("import", "Imported list"),
                            ("member", "Entered by a member"),
                        ],
                        max_length=10,
                    ),
                ),
                ("wording", models.CharField(blank=True, default="", max_length=1000)),
                ("wording_version", models.CharField(blank=True, default="", max_length=40)),
                ("evidence", models.CharField(blank=True, default="", max_length=500)),
                ("ip", models.GenericIPAddressField(null=True)),
                ("user_agent", models.CharField(blank=True, default="", max_length=300)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_label", models.CharField(max_length=255)),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ConsentPolicy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("needs_consent", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="DndList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("source", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("numbers", models.IntegerField(default=0)),
                ("is_active", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="DndNumber",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("recipient", models.CharField(db_collation="C", max_length=16)),
                ("blocked", models.SmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="WishVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("version", models.UUIDField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="optout",
            name="compliance_optout_standing_unique",
        ),
        migrations.AddField(
            model_name="optout",
            name="proof",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AddField(
            model_name="optout",
            name="topic",
            field=models.CharField(max_length=60, null=True),
        ),
        migrations.AlterField(
            model_name="optout",
            name="source",
            field=models.CharField(
                choices=[
                    ("person", "Entered by a member"),
                    ("api", "API"),
                    ("reply", "Reply by SMS"),
                    ("link", "Opt-out page"),
                    ("import", "Imported list"),
                ],
                default="person",
                max_length=8,
            ),
        ),
        migrations.AddIndex(
            model_name="optout",
            index=models.Index(fields=["tenant_id", "recipient", "id"], name="compliance_optout_recipient"),
        ),
        migrations.AddConstraint(
            model_name="optout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at__isnull", True)),
                fields=("tenant_id", "recipient", "sender", "topic"),
                name="compliance_optout_standing_unique",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="consentevent",
            index=models.Index(fields=["tenant_id", "recipient", "id"], name="compliance_consent_recipient"),
        ),
        migrations.AddConstraint(
            model_name="consentpolicy",
            constraint=models.UniqueConstraint(fields=("tenant_id",), name="compliance_consentpolicy_tenant_unique"),
        ),
        migrations.AddConstraint(
            model_name="dndlist",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_active", True)),
                fields=("tenant_id", "source"),
                name="compliance_dndlist_active_unique",
            ),
        ),
        migrations.AddField(
            model_name="dndnumber",
            name="of_list",
            field=kernel.db.fields.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="entries",
                to="compliance.dndlist",
            ),
        ),
        migrations.AddConstraint(
            model_name="wishversion",
            constraint=models.UniqueConstraint(fields=("tenant_id",), name="compliance_wishversion_tenant_unique"),
        ),
        migrations.AddConstraint(
            model_name="dndnumber",
            constraint=models.UniqueConstraint(
                fields=("tenant_id", "recipient", "of_list"), name="compliance_dndnumber_unique"
            ),
        ),
        TenantTable("ConsentEvent", append_only=True),
        TenantTable("ConsentPolicy"),
        TenantTable("DndList"),
        TenantTable("DndNumber"),
        TenantTable("WishVersion"),
    ]
