"""API tokens: 192 random bits behind a prefix that people recognise."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.services import record
from kernel.db.models import Name
from kernel.domain.clock import utc_now
from tenants.models import ApiToken, User
from tenants.services.people import actor
from tenants.token_memory import forget_tokens

NAME_KIND: Final = "api_token"
PREFIX: Final = "dk_live_"
SHOWN_CHARACTERS: Final = len(PREFIX) + 4
FORM: Final = re.compile(rf"{PREFIX}[0-9a-f]{{48}}", re.ASCII)


def create_token(*, name: str, by: User | None, now: datetime | None = None) -> tuple[ApiToken, str]:
    """A token of the current tenant, and its secret: this is the only moment anybody can read it."""
    secret = PREFIX + secrets.token_hex(24)
    with transaction.atomic():
        token = ApiToken.objects.create(
            name=name.strip(), prefix=secret[:SHOWN_CHARACTERS], created_by=by, created_at=now or utc_now()
        )
        Name.objects.create(kind=NAME_KIND, name=digest_of(secret), object_id=token.id)
        record(
            action="token.create",
            actor=actor(by),
            object_type="apitoken",
            object_id=token.id,
            summary=f"Created the API token {token}",
            after={"name": token.name, "prefix": token.prefix},
            now=now,
        )
    return token, secret


def revoke_token(*, token_id: UUID, by: User | None, now: datetime | None = None) -> ApiToken:
    """End a token, at the latest 2 seconds from now in every process. Its hash stays, so that the refusal can say why.

    Raises:
        ApiToken.DoesNotExist: none of this tenant.
    """
    with transaction.atomic():
        token = ApiToken.objects.select_for_update().get(pk=token_id)
        if token.revoked_at is None:
            token.revoked_at = now or utc_now()
            token.save(update_fields=["revoked_at"])
            transaction.on_commit(forget_tokens)
            record(
                action="token.revoke",
                actor=actor(by),
                object_type="apitoken",
                object_id=token.id,
                summary=f"Revoked the API token {token}",
                now=now,
            )
    return token


def digest_of(secret: str) -> str:
    """What is stored of a token. Unsalted and fast on purpose: 192 random bits cannot be guessed."""
    return sha256(secret.encode()).hexdigest()
