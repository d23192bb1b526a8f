"""The tables of the way of a message (docs/adr/0004, docs/adr/0005).

Three more tables have no Django model, because nothing but SQL touches them; migration 0001 makes them:
`message_texts` (texts apart, dropped by retention class), `operator_ids` (route and operator's id → message and part)
and `message_parts` (one row a part, only for messages of several parts, written when a part's receipt comes).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import models

from compliance.consent.keywords import Wish
from kernel.db.events import EventLog
from kernel.db.models import TenantOwned
from kernel.domain.ids import uuid7, uuid7_time
from kernel.domain.traffic import TrafficClass
from messaging.statuses import BatchState, EventKind, Source, Status

WISH_CHOICES: Final = [(Wish.STOP, "Stop"), (Wish.STOP_ALL, "Stop everything"), (Wish.START, "Start again")]
TRAFFIC_CHOICES: Final = [(kind.value, kind.label) for kind in TrafficClass]


class Message(TenantOwned):
    """One text to one recipient. Written once at accept and once more at its end; partitioned by week on its id.

    `status` in the row is SCHEDULED or ACCEPTED until the end: what lies between is read from the batch
    (`messaging.queries.current_status`), so that no index column changes and updates stay on their page.
    """

    batch_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    template_id = models.UUIDField(null=True)
    sender = models.CharField(max_length=21)
    recipient = models.CharField(max_length=20, db_collation="C")
    traffic_class = models.SmallIntegerField(choices=TRAFFIC_CHOICES)
    source = models.SmallIntegerField(choices=Source.choices)
    is_unicode = models.BooleanField()
    segments = models.SmallIntegerField()
    price_micros = models.BigIntegerField()
    destination = models.CharField(max_length=16, help_text="Matched prefix of the rate card, digits without +")
    retention_days = models.SmallIntegerField()
    status = models.SmallIntegerField(choices=Status.choices)
    error_code = models.CharField(max_length=40, null=True)
    operator_code = models.CharField(max_length=64, null=True, help_text="The operator's own words")
    reference = models.CharField(max_length=100, null=True)
    tags = ArrayField(models.CharField(max_length=40), null=True)
    send_at = models.DateTimeField(null=True)
    not_after = models.DateTimeField()
    final_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messages"
        indexes = [
            models.Index(fields=["tenant_id", "recipient", "id"], name="messages_by_recipient"),
            models.Index(
                fields=["tenant_id", "campaign_id", "id"],
                name="messages_by_campaign",
                condition=models.Q(campaign_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def accepted_at(self) -> datetime:
        return uuid7_time(self.id)


class Batch(TenantOwned):
    """At most 500 messages with the same route, class, sender, template, campaign and destination: the unit of claims.

    `sent_upto` counts the ids (in order of `ids`) that may have reached a socket; it is committed before they do.
    `origin_id` is the batch whose hold pays: another batch's when messages moved to another route.
    """

    origin_id = models.UUIDField()
    route_id = models.IntegerField()
    candidates = ArrayField(models.IntegerField(), help_text="Routes left to try, in order")
    traffic_class = models.SmallIntegerField(choices=TRAFFIC_CHOICES)
    source = models.SmallIntegerField(choices=Source.choices)
    campaign_id = models.UUIDField(null=True)
    campaign_label = models.CharField(max_length=120, default="")
    template_id = models.UUIDField(null=True)
    sender = models.CharField(max_length=21)
    destination = models.CharField(max_length=16)
    destination_label = models.CharField(max_length=80)
    dlt_entity_id = models.CharField(max_length=32, default="")
    dlt_template_id = models.CharField(max_length=32, default="")
    charged_on = models.CharField(max_length=10)
    retention_days = models.SmallIntegerField()
    ids = ArrayField(models.UUIDField())
    messages = models.IntegerField()
    accepted_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    not_after = models.DateTimeField()
    state = models.SmallIntegerField(choices=BatchState.choices)
    # Who holds it, as bits of statuses.Hold; 0 with the state HELD is a suspended tenant's.
    holds = models.SmallIntegerField(default=0, db_default=0)
    sent_upto = models.IntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=80, default="")

    class Meta:
        db_table = "batches"
        indexes = [
            models.Index(
                fields=["route_id", "traffic_class", "tenant_id", "id"],
                name="batches_ready",
                condition=models.Q(state=BatchState.READY),
            ),
            models.Index(fields=["lease_until"], name="batches_leased", condition=models.Q(state=BatchState.LEASED)),
            models.Index(fields=["due_at"], name="batches_due", condition=models.Q(state=BatchState.WAITING)),
            models.Index(
                fields=["not_after"],
                name="batches_open",
                condition=models.Q(state__in=[BatchState.READY, BatchState.WAITING, BatchState.HELD, BatchState.SENT]),
            ),
            models.Index(fields=["tenant_id", "campaign_id", "state"], name="batches_by_campaign"),
            models.Index(fields=["tenant_id", "id"], name="batches_held", condition=models.Q(state=BatchState.HELD)),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CampaignStop(TenantOwned):
    """A campaign, by its id, whose batches nobody may claim: it is paused or cancelled. No row: it may be sent.

    Written in the transaction that pauses, resumes or cancels, so that dispatchers need not know campaigns.
    """

    class State(models.TextChoices):
        PAUSED = "paused", "Paused"
        CANCELLED = "cancelled", "Cancelled"

    state = models.CharField(max_length=10, choices=State.choices)

    class Meta:
        db_table = "campaign_stops"

    def __str__(self) -> str:
        return f"{self.id}: {self.state}"


class MessageEvent(EventLog):
    """What happened to messages, one row per batch, transition and outcome, with the ids: the source of every figure.

    `charged_micros` is what this event took from the wallet, `cost_micros` what it will cost us at the operator.
    A CORRECTED row moves messages from `previous` to `outcome`.
    """

    kind = models.SmallIntegerField(choices=EventKind.choices)
    batch_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    route_id = models.IntegerField(null=True)
    traffic_class = models.SmallIntegerField(choices=TRAFFIC_CHOICES)
    source = models.SmallIntegerField(choices=Source.choices)
    destination = models.CharField(max_length=16, default="")
    outcome = models.SmallIntegerField(choices=Status.choices)
    previous = models.SmallIntegerField(choices=Status.choices, null=True)
    error_code = models.CharField(max_length=40, default="")
    messages = models.IntegerField()
    segments = models.IntegerField()
    charged_micros = models.BigIntegerField(default=0)
    cost_micros = models.BigIntegerField(default=0)
    latency_ms = models.BigIntegerField(default=0, help_text="Sum over the messages, submit to receipt")
    cohort_at = models.DateTimeField(help_text="When the messages were accepted")
    ruling_id = models.UUIDField(null=True, help_text="Of compliance, where they were accepted or blocked on one")
    ids = ArrayField(models.UUIDField())

    class Meta:
        db_table = "message_events"
        indexes = [
            models.Index(fields=["xid", "id"], name="message_events_cursor"),
            models.Index(fields=["tenant_id", "campaign_id", "outcome", "id"], name="message_events_by_campaign"),
            models.Index(fields=["tenant_id", "batch_id", "kind"], name="message_events_by_batch"),
            models.Index(fields=["tenant_id", "outcome", "id"], name="message_events_by_outcome"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.messages}"


class UnmatchedReceipt(models.Model):
    """A receipt whose message is not known (yet): kept 7 days and tried again; no tenant's until it matches.

    `recipient` and `destination` are its two addresses, `submitted` is its submit date as written.
    """

    route_id = models.IntegerField()
    operator_ids = ArrayField(models.CharField(max_length=64), help_text="Normalised candidates, the id as told first")
    recipient = models.CharField(max_length=21)
    destination = models.CharField(max_length=21, default="", db_default="")
    submitted = models.CharField(max_length=16, default="", db_default="")
    state = models.CharField(max_length=16)
    stat = models.CharField(max_length=16)
    err = models.CharField(max_length=16)
    received_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "unmatched_receipts"
        indexes = [
            models.Index(fields=["next_try_at"], name="unmatched_receipts_due"),
            models.Index(fields=["route_id", "id"], name="unmatched_receipts_by_route"),
        ]

    def __str__(self) -> str:
        return f"{self.route_id}: {self.stat}"


class InboundMessage(TenantOwned):
    """A text, or a part of one, that a person sent to one of the tenant's senders; kept for 90 days.

    `number` is the handset in E.164, or as the operator wrote it where that is no number. `sender` is the sender that
    it is taken to be about, `wish` what was read in it and done.
    """

    route_id = models.IntegerField()
    number = models.CharField(max_length=21, db_collation="C")
    destination = models.CharField(max_length=21, help_text="As the operator wrote it")
    sender = models.CharField(max_length=15)
    text = models.CharField(max_length=1000)
    wish = models.CharField(max_length=8, choices=WISH_CHOICES, blank=True, default="")
    received_at = models.DateTimeField()

    class Meta:
        db_table = "inbound_messages"
        indexes = [models.Index(fields=["tenant_id", "number", "id"], name="inbound_messages_by_number")]

    def __str__(self) -> str:
        return str(self.id)


class UnmatchedInbound(models.Model):
    """A text that people sent to something that is no tenant's, or several tenants': for staff, the newest only."""

    route_id = models.IntegerField()
    number = models.CharField(max_length=21)
    destination = models.CharField(max_length=21)
    text = models.CharField(max_length=1000)
    received_at = models.DateTimeField()

    class Meta:
        db_table = "unmatched_inbound"

    def __str__(self) -> str:
        return f"{self.route_id}: {self.destination}"


class Operation(models.Model):
    """What staff do to a queue: counted first (`counted`), then done in strides by a worker (`done`); the platform's.

    Counts are {"batches", "messages", "held_micros": {currency: …}, "groups": […], "tenants": {id: …}, …} as
    messaging.services.surgery makes them. `selection` and `options` are its JSON.
    """

    class State(models.TextChoices):
        COUNTED = "counted", "Counted"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    action = models.CharField(max_length=10)
    selection = models.JSONField()
    options = models.JSONField(default=dict)
    counted = models.JSONField()
    done = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.COUNTED)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255)
    at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "queue_operations"

    def __str__(self) -> str:
        return f"{self.action} {self.state}"


class RefusalWords(TenantOwned):
    """What accept said to some messages of one millisecond, where it is more than their code's sentence: one row for
    all that were told the same. `id` is the first of `ids`. Kept as long as their texts: the words may quote them.
    """

    ids = ArrayField(models.UUIDField())
    detail = models.TextField()
    remedy = models.TextField()
    until = models.DateTimeField()

    class Meta:
        db_table = "refusal_words"
        indexes = [models.Index(fields=["until"], name="refusal_words_until")]

    def __str__(self) -> str:
        return self.detail


class IdempotencyKey(TenantOwned):
    """The answer an `Idempotency-Key` was given, repeated for 24 hours whatever happened to the connection."""

    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status_code = models.SmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        db_table = "idempotency_keys"
        constraints = [models.UniqueConstraint(fields=["tenant_id", "key"], name="idempotency_keys_unique")]

    def __str__(self) -> str:
        return self.key
