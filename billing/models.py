"""Prices, wallets and the ledger. All amounts are integer micros of the wallet's currency (docs/adr/0010)."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from kernel.db.models import TenantOwned
from kernel.domain.ids import uuid7
from kernel.domain.money import MICROS
from kernel.domain.traffic import TrafficClass

# No segment anywhere costs this much; a card that says so was mistyped.
MAX_PRICE_MICROS: Final = 100 * MICROS
TRAFFIC_CLASSES: Final = [
    (TrafficClass.OTP.value, "OTP"),
    (TrafficClass.TRANSACTIONAL.value, "Transactional"),
    (TrafficClass.PROMOTIONAL.value, "Promotional"),
]
CURRENCY: Final = RegexValidator(r"^[A-Z]{3}$", "Write the three capital letters of ISO 4217, such as INR.")
DIGITS: Final = RegexValidator(r"^\d*$", "Write the digits of the prefix, with the country code and without +.")


class RateCard(models.Model):
    """A price list of the platform's; many tenants may have the same one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100, unique=True)
    currency = models.CharField(max_length=3, default="INR", validators=[CURRENCY])
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.currency})"


class Rate(models.Model):
    """The price of one segment to numbers that begin with `prefix`; the longest prefix that matches counts.

    A rate for one traffic class stands before one for all classes of the same prefix. No rate, no sending:
    free traffic needs a price of 0.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="rates")
    prefix = models.CharField(max_length=15, blank=True, validators=[DIGITS], help_text="Empty: anywhere else.")
    label = models.CharField(max_length=100)
    traffic_class = models.PositiveSmallIntegerField(choices=TRAFFIC_CLASSES, null=True, blank=True)
    price_micros = models.BigIntegerField(validators=[MinValueValidator(0), MaxValueValidator(MAX_PRICE_MICROS)])
    scrub_micros = models.BigIntegerField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_PRICE_MICROS)],
        help_text="The operators' fee for checking a segment against the DLT registry.",
    )
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True, help_text="The first instant that is not covered any more.")

    class Meta:
        ordering = ("prefix", "traffic_class", "valid_from")
        indexes = [models.Index(fields=["card", "prefix"], name="billing_rate_card_prefix")]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_micros__gte=0, scrub_micros__gte=0), name="billing_rate_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=F("valid_from")), name="billing_rate_period_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.prefix or 'any'})"

    def clean(self) -> None:
        """Two rates that are equally specific may not be valid at one instant: which counts would be chance."""
        if self.valid_from is None or not hasattr(self, "card"):
            return
        rivals = Rate.objects.filter(card=self.card, prefix=self.prefix, traffic_class=self.traffic_class)
        rivals = rivals.exclude(pk=self.pk).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=self.valid_from))
        if self.valid_to is not None:
            rivals = rivals.filter(valid_from__lt=self.valid_to)
        if rival := rivals.first():
            raise ValidationError(
                f"Another rate for this prefix and class is valid in this period, from {rival.valid_from:%Y-%m-%d} on: "
                "end that one first."
            )


class ChargedOn(models.TextChoices):
    SUBMIT = "submit", "Submission to the operator"
    DELIVERY = "delivery", "Delivery to the handset"


class Wallet(TenantOwned):
    """What a tenant has: balance − held + credit limit may be spent. The row changes together with the ledger only."""

    currency = models.CharField(max_length=3, validators=[CURRENCY])
    rate_card = models.ForeignKey(RateCard, on_delete=models.PROTECT, related_name="+")
    charged_on = models.CharField(max_length=8, choices=ChargedOn.choices, default=ChargedOn.SUBMIT)
    balance_micros = models.BigIntegerField(default=0)
    held_micros = models.BigIntegerField(default=0)
    credit_limit_micros = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id"], name="billing_wallet_one_per_tenant"),
            models.CheckConstraint(condition=Q(held_micros__gte=0), name="billing_wallet_held_not_negative"),
            models.CheckConstraint(condition=Q(credit_limit_micros__gte=0), name="billing_wallet_limit_not_negative"),
            models.CheckConstraint(
                condition=Q(balance_micros__gte=F("held_micros") - F("credit_limit_micros")),
                name="billing_wallet_within_limit",
            ),
        ]

    def __str__(self) -> str:
        return f"wallet in {self.currency}"

    @property
    def available_micros(self) -> int:
        """What new messages may cost before the next top-up."""
        return self.balance_micros - self.held_micros + self.credit_limit_micros


class EntryKind(models.TextChoices):
    TOPUP = "topup", "Top-up"
    HOLD = "hold", "Hold"
    CHARGE = "charge", "Charge"
    RELEASE = "release", "Release"
    REFUND = "refund", "Refund"
    ADJUST = "adjust", "Adjustment"


class LedgerEntry(TenantOwned):
    """One movement of money, never updated or deleted. Ids are made from `at`: a range of ids is a range of time.

    | kind    | amount_micros | held_micros |
    | topup   | +a            | 0           |
    | hold    | 0             | +h          |
    | charge  | −c            | −c          |
    | release | 0             | −r          |
    | refund  | +a            | 0           |
    | adjust  | ±a            | 0           |
    """

    kind = models.CharField(max_length=8, choices=EntryKind.choices)
    amount_micros = models.BigIntegerField(default=0)
    held_micros = models.BigIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    segments = models.PositiveIntegerField(default=0)
    batch_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    campaign_label = models.CharField(max_length=200, blank=True, help_text="As it was called at the time of the hold.")
    destination = models.CharField(max_length=15, blank=True, help_text="Prefix of the rate that gave the price.")
    destination_label = models.CharField(max_length=100, blank=True)
    traffic_class = models.PositiveSmallIntegerField(choices=TRAFFIC_CLASSES, null=True)
    actor_label = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)
    idempotency_key = models.CharField(max_length=100, null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "idempotency_key"],
                condition=~Q(idempotency_key=None),
                name="billing_entry_key_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="hold", amount_micros=0, held_micros__gte=0)
                | Q(kind="charge", amount_micros__lte=0, held_micros=F("amount_micros"))
                | Q(kind="release", amount_micros=0, held_micros__lte=0)
                | Q(kind__in=("topup", "refund"), amount_micros__gte=0, held_micros=0)
                | Q(kind="adjust", held_micros=0),
                name="billing_entry_signs",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant_id", "batch_id"], name="billing_entry_batch", condition=~Q(batch_id=None)),
            models.Index(
                fields=["tenant_id", "campaign_id", "id"],
                name="billing_entry_campaign",
                condition=~Q(campaign_id=None),
            ),
            models.Index(fields=["tenant_id", "kind", "id"], name="billing_entry_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ExportState(models.TextChoices):
    REQUESTED = "requested", "Waiting"
    RUNNING = "running", "Being written"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Export(TenantOwned):
    """A month's costs as a file; written by a worker, since no response streams from the database."""

    month = models.DateField(help_text="First day of the month, in the zone of the tenant.")
    zone = models.CharField(max_length=64)
    has_bom = models.BooleanField(default=True, help_text="Spreadsheet programs take UTF-8 for granted only with it.")
    state = models.CharField(max_length=9, choices=ExportState.choices, default=ExportState.REQUESTED)
    path = models.CharField(max_length=200, blank=True, help_text="Below MEDIA_ROOT.")
    rows = models.PositiveIntegerField(default=0)
    total_micros = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    actor_label = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"costs of {self.month:%Y-%m}"

    @property
    def is_final(self) -> bool:
        return self.state in {ExportState.READY, ExportState.FAILED}

    @property
    def filename(self) -> str:
        return f"costs-{self.month:%Y-%m}.csv"
