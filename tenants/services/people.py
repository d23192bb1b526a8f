"""Users. Call outside tenant contexts: a tenant's role only reads the names of its members."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from audit.services import SYSTEM, Actor
from kernel.db.tenancy import current_scope
from tenants.errors import EmailTaken
from tenants.models import User, normalise_email


def create_user(
    *, email: str, password: str | None = None, full_name: str = "", is_staff: bool = False, is_superuser: bool = False
) -> User:
    """A user who can sign in: the address counts as confirmed, because whoever calls this has seen to it.

    Args:
        password: None leaves the user without one; they set it by the reset mail.
        is_staff: platform staff, who see the console.

    Raises:
        EmailTaken: the address belongs to a user.
    """
    email = normalise_email(email)
    scope = current_scope()
    try:
        with transaction.atomic(using=scope.alias if scope else None):
            user = User.objects.create_user(
                email, password, full_name=full_name.strip(), is_staff=is_staff, is_superuser=is_superuser
            )
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
    except IntegrityError:
        raise EmailTaken(email) from None
    return user


def rename_user(*, user: User, full_name: str) -> None:
    """Change the name that others see."""
    user.full_name = full_name.strip()
    user.save(update_fields=["full_name"])


def actor(user: User | None) -> Actor:
    """A user as the audit trail names them; None is the system itself."""
    return Actor(user.id, str(user)) if user else SYSTEM
