"""Rate cards, wallets, the ledger and exports."""

from __future__ import annotations

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import kernel.db.tenancy
import kernel.domain.ids
from django.db import migrations, models

from kernel.db.operations import TenantTable


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Export",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                ("month", models.DateField(help_text="First day of the month, in the zone of the tenant.")),
                ("zone", models.CharField(max_length=64)),
                (
                    "has_bom",
                    models.BooleanField(
                        default=True, help_text="Spreadsheet programs take UTF-8 for granted only with it."
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Waiting"),
                            ("running", "Being written"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                        ],
                        default="requested",
                        max_length=9,
                    ),
                ),
                ("path", models.CharField(blank=True, help_text="Below MEDIA_ROOT.", max_length=200)),
                ("rows", models.PositiveIntegerField(default=0)),
                ("total_micros", models.BigIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("requested_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RateCard",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "currency",
                    models.CharField(
                        default="INR",
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write the three capital letters of ISO 4217, such as INR."
                            )
                        ],
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("topup", "Top-up"),
                            ("hold", "Hold"),
                            ("charge", "Charge"),
                            ("release", "Release"),
                            ("refund", "Refund"),
                            ("adjust", "Adjustment"),
                        ],
                        max_length=8,
                    ),
                ),
                ("amount_micros", models.BigIntegerField(default=0)),
                ("held_micros", models.BigIntegerField(default=0)),
                ("messages", models.PositiveIntegerField(default=0)),
                ("segments", models.PositiveIntegerField(default=0)),
                ("batch_id", models.UUIDField(null=True)),
                ("campaign_id", models.UUIDField(null=True)),
                (
                    "campaign_label",
                    models.CharField(blank=True, help_text="As it was called at the time of the hold.", max_length=200),
                ),
                (
                    "destination",
                    models.CharField(blank=True, help_text="Prefix of the rate that gave the price.", max_length=15),
                ),
                ("destination_label", models.CharField(blank=True, max_length=100)),
                (
                    "traffic_class",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "OTP"), (1, "Transactional"), (2, "Promotional")], null=True
                    ),
                ),
                ("actor_label", models.CharField(blank=True, max_length=200)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("idempotency_key", models.CharField(max_length=100, null=True)),
                ("at", models.DateTimeField()),
            ],
            options={
                "verbose_name_plural": "ledger entries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("batch_id", None), _negated=True),
                        fields=["tenant_id", "batch_id"],
                        name="billing_entry_batch",
                    ),
                    models.Index(
                        condition=models.Q(("campaign_id", None), _negated=True),
                        fields=["tenant_id", "campaign_id", "id"],
                        name="billing_entry_campaign",
                    ),
                    models.Index(fields=["tenant_id", "kind", "id"], name="billing_entry_kind"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("idempotency_key", None), _negated=True),
                        fields=("tenant_id", "idempotency_key"),
                        name="billing_entry_key_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount_micros", 0), ("held_micros__gte", 0), ("kind", "hold")),
                            models.Q(
                                ("amount_micros__lte", 0),
                                ("held_micros", models.F("amount_micros")),
                                ("kind", "charge"),
                            ),
                            models.Q(("amount_micros", 0), ("held_micros__lte", 0), ("kind", "release")),
                            models.Q(("amount_micros__gte", 0), ("held_micros", 0), ("kind__in", ("topup", "refund"))),
                            models.Q(("held_micros", 0), ("kind", "adjust")),
                            _connector="OR",
                        ),
                        name="billing_entry_signs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Rate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        blank=True,
                        help_text="Empty: anywhere else.",
                        max_length=15,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\d*$", "Write the digits of the prefix, with the country code and without +."
                            )
                        ],
                    ),
                ),
                ("label", models.CharField(max_length=100)),
                (
                    "traffic_class",
                    models.PositiveSmallIntegerField(
                        blank=True, choices=[(0, "OTP"), (1, "Transactional"), (2, "Promotional")], null=True
                    ),
                ),
                (
                    "price_micros",
                    models.BigIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100000000),
                        ]
                    ),
                ),
                (
                    "scrub_micros",
                    models.BigIntegerField(
                        default=0,
                        help_text="The operators' fee for checking a segment against the DLT registry.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100000000),
                        ],
                    ),
                ),
                ("valid_from", models.DateTimeField()),
                (
                    "valid_to",
                    models.DateTimeField(
                        blank=True, help_text="The first instant that is not covered any more.", null=True
                    ),
                ),
                (
                    "card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rates", to="billing.ratecard"
                    ),
                ),
            ],
            options={
                "ordering": ("prefix", "traffic_class", "valid_from"),
                "indexes": [models.Index(fields=["card", "prefix"], name="billing_rate_card_prefix")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("price_micros__gte", 0), ("scrub_micros__gte", 0)),
                        name="billing_rate_price_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to__isnull", True), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="billing_rate_period_forward",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Wallet",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.domain.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("tenant_id", models.UUIDField(default=kernel.db.tenancy.current_tenant_id, editable=False)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Write the three capital letters of ISO 4217, such as INR."
                            )
                        ],
                    ),
                ),
                (
                    "charged_on",
                    models.CharField(
                        choices=[("submit", "Submission to the operator"), ("delivery", "Delivery to the handset")],
                        default="submit",
                        max_length=8,
                    ),
                ),
                ("balance_micros", models.BigIntegerField(default=0)),
                ("held_micros", models.BigIntegerField(default=0)),
                ("credit_limit_micros", models.BigIntegerField(default=0)),
                ("opened_at", models.DateTimeField()),
                (
                    "rate_card",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.ratecard"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("tenant_id",), name="billing_wallet_one_per_tenant"),
                    models.CheckConstraint(
                        condition=models.Q(("held_micros__gte", 0)), name="billing_wallet_held_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("credit_limit_micros__gte", 0)), name="billing_wallet_limit_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "balance_micros__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("held_micros"), "-", models.F("credit_limit_micros")
                                ),
                            )
                        ),
                        name="billing_wallet_within_limit",
                    ),
                ],
            },
        ),
        TenantTable("Wallet"),
        TenantTable("LedgerEntry", append_only=True),
        TenantTable("Export"),
    ]
