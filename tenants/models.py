"""People, the organisations they work for, and the keys of their programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from kernel.db.models import TenantOwned
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from tenants.roles import Role


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise_email(username or ""))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a usable password, or none; see tenants.services.create_user for one who can sign in."""
        user = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail address. Platform-owned: one may work for several tenants, or for the platform.

    A tenant's role sees the rows of its own members only, former ones included (policy in migration 0001).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=150, blank=True)
    is_staff = models.BooleanField("platform staff", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=utc_now, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="tenants_user_email_lower")
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def clean(self) -> None:
        self.email = normalise_email(self.email)

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] or self.email


class Tenant(models.Model):
    """A company. Platform staff create and suspend it; its owners change the columns that migration 0001 grants."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"

    class ReviewRule(models.TextChoices):
        """How many people a review takes (docs/rules.md#review)."""

        ONE = "one", "One reviewer; owners may approve what they submitted themselves"
        FOUR_EYES = "four_eyes", "Four eyes: nobody approves what they wrote or submitted, owners neither"
        TWO_APPROVERS = "two_approvers", "Two approvers: as four eyes, and two different people approve"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=150)
    slug = models.SlugField(max_length=50, unique=True)
    timezone = models.CharField(max_length=64, default="Asia/Kolkata")
    country = models.CharField(max_length=2, default="IN")
    currency = models.CharField(max_length=3, default="INR")
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    text_retention_days_otp = models.PositiveSmallIntegerField(default=1)
    text_retention_days_transactional = models.PositiveSmallIntegerField(default=30)
    text_retention_days_promotional = models.PositiveSmallIntegerField(default=30)
    smart_encoding = models.BooleanField(default=False)
    review_rule = models.CharField(
        max_length=16, choices=ReviewRule.choices, default=ReviewRule.ONE, db_default=ReviewRule.ONE
    )
    # Its share of a route on which others wait too, as a multiple of theirs.
    send_weight = models.PositiveSmallIntegerField(default=1, db_default=1, validators=[MinValueValidator(1)])
    created_at = models.DateTimeField(default=utc_now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(send_weight__gte=1), name="tenants_tenant_send_weight")
        ]

    def __str__(self) -> str:
        return self.name


class MemberQuerySet(models.QuerySet["Member"]):
    def active(self) -> MemberQuerySet:
        return self.filter(removed_at=None)


class Member(TenantOwned):
    """A user's place in a tenant. The row stays when they leave, so that what they made keeps its author's name."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "user"], name="tenants_member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role}"


class Invitation(TenantOwned):
    """An offer of a role to an e-mail address. The link carries a signature over `nonce`; no secret is stored."""

    email = models.EmailField()
    role = models.CharField(max_length=16, choices=Role.choices)
    nonce = models.UUIDField(default=uuid7, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=utc_now, editable=False)
    expires_at = models.DateTimeField()
    mail_due_at = models.DateTimeField(null=True)  # to be claimed by the mailing task; null when nothing is due
    mailed_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="tenants_invitation_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant_id", "mail_due_at"],
                condition=models.Q(mail_due_at__isnull=False),
                name="tenants_invitation_mail_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class Notification(TenantOwned):
    """News for one member: in the browser at once, by mail a little later unless it was read before.

    `key` names what it is about, so that news which a repeated task finds again reaches nobody twice.
    """

    class Tone(models.TextChoices):
        OK = "ok", "Good news"
        WAIT = "wait", "Something to do"
        BAD = "bad", "Bad news"
        INFO = "info", "News"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    tone = models.CharField(max_length=4, choices=Tone.choices, default=Tone.INFO)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True, default="")
    path = models.CharField(max_length=200)  # of the page it is about
    key = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_due_at = models.DateTimeField(null=True)  # to be claimed by the mailing task; null when nothing is due
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "user", "key"], condition=~models.Q(key=""), name="tenants_notification_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "user", "id"], name="tenants_notification_list"),
            models.Index(
                fields=["tenant_id", "user"],
                condition=models.Q(read_at__isnull=True),
                name="tenants_notification_unread",
            ),
            models.Index(
                fields=["tenant_id", "mail_due_at"],
                condition=models.Q(mail_due_at__isnull=False),
                name="tenants_notification_mail",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ApiToken(TenantOwned):
    """A program's key: shown once, never stored. Its SHA-256 is a `kernel.Name` of kind "api_token"."""

    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, editable=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=utc_now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


def normalise_email(text: str) -> str:
    """Addresses are compared in lower case whole: providers that tell `A@x` from `a@x` do not exist in practice."""
    return text.strip().lower()
