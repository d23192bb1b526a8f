"""Routes to operators, the plan that chooses among them, and how their lines were. All of it is the platform's own."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from kernel.domain.traffic import TrafficClass
from routing.probe_models import Probe as Probe
from routing.probe_models import SeedNumber as SeedNumber
from routing.statuses import BreakerState, Lane, LineState, RouteState
from routing.strategies import Strategy

TRAFFIC_CLASSES = [(int(member), member.label) for member in TrafficClass]


class Route(models.Model):
    """One contract with an operator: how to reach it, what it takes per second, what a segment costs us."""

    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32)
    # Shape and validation belong to the provider's settings_form.
    settings = models.JSONField(default=dict, blank=True)
    # Fernet token (routing.secrets); never shown, never logged.
    secrets_encrypted = models.TextField(default="", blank=True)
    # Parts a second over all binds of all dispatchers; 0 is no limit of ours.
    tps = models.PositiveIntegerField(default=100)
    # Unanswered submits for each bind.
    window = models.PositiveIntegerField(default=10, validators=[MinValueValidator(1)])
    binds = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    otp_binds = models.PositiveSmallIntegerField(default=1)
    cost_micros = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="INR")
    state = models.CharField(max_length=16, choices=RouteState.choices, default=RouteState.DISABLED)
    # Seconds a line that fails keeps what is no passcode, before it goes to the next candidate. Null: the usual time.
    patience_s = models.PositiveIntegerField(null=True, blank=True)
    # Null: the operator takes any validity.
    validity_cap_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(window__gte=1), name="routing_route_window"),
            models.CheckConstraint(condition=Q(binds__gte=1), name="routing_route_binds"),
            models.CheckConstraint(condition=Q(cost_micros__gte=0), name="routing_route_cost"),
        ]

    def __str__(self) -> str:
        return self.name


class RouteCost(models.Model):
    """What a segment costs on a route to numbers that begin with `prefix`; elsewhere it is the route's cost_micros."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="costs")
    # Digits without the plus; the longest that fits counts.
    prefix = models.CharField(max_length=15)
    cost_micros = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["route", "prefix"], name="routing_cost_prefix"),
            models.CheckConstraint(condition=Q(cost_micros__gte=0), name="routing_cost_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.route_id} {self.prefix}"


class RouteRank(models.Model):
    """Which route is cheaper where, 1 for the cheapest, without what any costs: what a tenant's accept may read.

    Written anew with every change of a cost (routing.services.ranking), for every prefix that some route prices apart.
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="ranks")
    # Empty for all numbers under none of the others; the longest that fits counts.
    prefix = models.CharField(max_length=15, blank=True)
    rank = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "prefix"], name="routing_rank_prefix")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.prefix}: {self.rank}"


class RouteVersion(models.Model):
    """A route as it was from `at` on. Nobody may change or delete one; going back makes a new one."""

    route = models.ForeignKey(Route, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255, default="", blank=True)
    note = models.CharField(max_length=200, default="", blank=True)
    # routing.versions.snapshot: terms, settings, costs, state; of secrets a fingerprint alone.
    snapshot = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "number"], name="routing_version_number")]

    def __str__(self) -> str:
        return f"{self.route_id} version {self.number}"


class RouteQuality(models.Model):
    """How much of what a route took for a destination was delivered, measured from above.

    `rating` is what plans go by, per mille (docs/rules.md#choosing-a-route): it follows delivered / final only when
    that has moved far enough.
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="quality")
    # Matched prefix of rate cards, digits without the plus.
    destination = models.CharField(max_length=16)
    delivered = models.PositiveIntegerField()
    final = models.PositiveIntegerField()
    rating = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "destination"], name="routing_quality_destination")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.destination}: {self.rating}"


class Plan(models.Model):
    """One version of the rules that choose routes; a change makes a new version, so batches can name theirs."""

    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # Who made it, and in their words why. No foreign key: the version outlives the person.
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=255, default="", blank=True)
    note = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="routing_plan_version"),
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="routing_plan_one_active"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PlanRule(models.Model):
    """What is left open matches everything; the first rule by position that matches decides."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField()
    # Digits of the recipient without the plus.
    prefix = models.CharField(max_length=15, default="", blank=True)
    traffic_class = models.SmallIntegerField(choices=TRAFFIC_CLASSES, null=True, blank=True)
    # No foreign key: the rule outlives the tenant as history.
    tenant_id = models.UUIDField(null=True, blank=True)
    sender = models.CharField(max_length=32, default="", blank=True)
    strategy = models.CharField(max_length=16, choices=Strategy.choices, default=Strategy.PRIORITY)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "position"], name="routing_rule_position")]

    def __str__(self) -> str:
        return f"{self.plan_id}#{self.position}"


class Candidate(models.Model):
    """A route of a rule; the lower position is tried first, where the rule's strategy does not know better."""

    rule = models.ForeignKey(PlanRule, models.CASCADE, related_name="candidates")
    route = models.ForeignKey(Route, models.PROTECT, related_name="candidates")
    position = models.PositiveSmallIntegerField()
    # Its share among the rule's routes, for Strategy.WEIGHTED; 0 is only tried after the others.
    weight = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "position"], name="routing_candidate_position"),
            models.UniqueConstraint(fields=["rule", "route"], name="routing_candidate_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id}:{self.position}→{self.route_id}"


class StateInterval(models.Model):
    """The line was in `state` from started_at up to, not including, ended_at (null: still is).

    Intervals of one route never overlap; an exclusion constraint of the migration says so to PostgreSQL.
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="intervals")
    state = models.CharField(max_length=16, choices=LineState.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, default="", blank=True)
    # Times the line came back for less than routing.services.states.STABLE_FOR and was lost again.
    flaps = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["route", "-started_at"], name="routing_interval_recent")]
        constraints = [
            models.UniqueConstraint(fields=["route"], condition=Q(ended_at=None), name="routing_interval_one_open"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gt=F("started_at")), name="routing_interval_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route_id} {self.state} from {self.started_at:%Y-%m-%d %H:%M:%S}"


class RouteGauge(models.Model):
    """What one dispatcher sees of a route, written every two seconds; an old one means it has gone."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="gauges")
    lane = models.CharField(max_length=8, choices=Lane.choices)
    # Which process: host and process id.
    holder = models.CharField(max_length=64)
    tps_now = models.FloatField(default=0)
    window_used = models.PositiveIntegerField(default=0)
    binds_up = models.PositiveSmallIntegerField(default=0)
    binds_wanted = models.PositiveSmallIntegerField(default=0)
    # Parts a second it allows itself now, 0 for no limit, and at which the operator last said that it was too much.
    rate = models.FloatField(default=0)
    ceiling = models.FloatField(default=0)
    note = models.CharField(max_length=200, default="", blank=True)
    # Since when none of its binds has been up; null while one is.
    down_since = models.DateTimeField(null=True)
    # Its settings or secrets cannot work, so nobody is trying to connect.
    is_unopenable = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "lane", "holder"], name="routing_gauge_holder")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.lane} {self.holder}"


class RouteShare(models.Model):
    """What one dispatcher may use of a route until `until` on the database's clock (docs/adr/0017).

    A row without binds is a dispatcher that stands by. Written by routing.leases alone; ids are the order of coming.
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="shares")
    lane = models.CharField(max_length=8, choices=Lane.choices)
    # The owner of its batches too, and of an advisory lock as long as it lives.
    holder = models.CharField(max_length=80)
    binds = models.PositiveSmallIntegerField(default=0)
    # Parts a second; 0 with binds is no limit, as with the route.
    tps = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()

    class Meta:
        db_table = "route_shares"
        constraints = [models.UniqueConstraint(fields=["route", "lane", "holder"], name="route_share_holder")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.lane} {self.holder}: {self.binds}"


class Breaker(models.Model):
    """Whether a route's results let it carry messages; no row is a closed one (docs/rules.md#circuit-breaker).

    `pause_s` is the last pause before a probe; `holder` probes until `probe_until`.
    """

    route = models.OneToOneField(Route, models.CASCADE, primary_key=True, related_name="breaker")
    state = models.CharField(max_length=16, choices=BreakerState.choices, default=BreakerState.CLOSED)
    since = models.DateTimeField()
    reason = models.CharField(max_length=200, default="", blank=True)
    # Opened by staff: it stays open until staff close it.
    is_manual = models.BooleanField(default=False)
    next_probe_at = models.DateTimeField(null=True)
    pause_s = models.PositiveSmallIntegerField(default=0)
    holder = models.CharField(max_length=80, default="", blank=True)
    probe_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.route_id} {self.state}"


class Drain(models.Model):
    """How a draining route is to end; gone when it is enabled or disabled."""

    route = models.OneToOneField(Route, models.CASCADE, primary_key=True, related_name="drain")
    started_at = models.DateTimeField()
    # Else what is queued waits for the route to be enabled again.
    moves_queue = models.BooleanField(default=True)
    then_disables = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.route_id} since {self.started_at:%Y-%m-%d %H:%M:%S}"


class UnreadablePdu(models.Model):
    """What an operator sent and nobody can read, as octets: the latest of each route, for 30 days.

    `octets` are the first of `size`, header included; the same body counts once more (`times`).
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=32, help_text="Of what is behind the header: its sequence changes")
    reason = models.CharField(max_length=64)
    octets = models.BinaryField()
    size = models.PositiveIntegerField()
    times = models.PositiveBigIntegerField()
    is_taken = models.BooleanField(help_text="The operator was told that it may forget it")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        db_table = "unreadable_pdus"
        constraints = [models.UniqueConstraint(fields=["route", "fingerprint"], name="unreadable_pdu_body")]

    def __str__(self) -> str:
        return f"{self.route_id}: {self.reason}"


class RouteDialect(models.Model):
    """How many receipts of a route showed a habit of its operator, such as ids in decimal (routing.dialects.Habit).

    Dispatchers add what they saw every two seconds. No row may be read as "never".
    """

    route = models.ForeignKey(Route, models.CASCADE, related_name="dialects")
    habit = models.CharField(max_length=16)
    value = models.CharField(max_length=64)
    receipts = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # One of them as it was read, without the sender's text and with a masked number.
    sample = models.CharField(max_length=255, default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["route", "habit", "value"], name="routing_dialect_value")]

    def __str__(self) -> str:
        return f"{self.route_id} {self.habit}: {self.value}"


class LookupSource(models.Model):
    """Somebody who is paid for telling of numbers whether they live; the active one answers for every organisation.

    Tenants read what it costs them and nothing else. Shape and validation of `settings` belong to its kind's form.
    """

    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32)
    settings = models.JSONField(default=dict, blank=True)
    # Fernet token (routing.secrets); never shown, never logged.
    secrets_encrypted = models.TextField(default="", blank=True)
    # Questions a second of one worker; 0 is no limit of ours.
    per_second = models.PositiveIntegerField(default=10)
    # Of one answer: what it costs us, and what a tenant pays. Errors cost nothing.
    cost_micros = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    price_micros = models.BigIntegerField(default=0, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, default="INR")
    # For so long an answer is not bought again.
    keep_days = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1)])
    is_active = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_active"], condition=Q(is_active=True), name="routing_lookup_one_active")
        ]

    def __str__(self) -> str:
        return self.name
