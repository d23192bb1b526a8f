"""`Authorization: Token dk_live_…`: which tenant's program calls, or in words why not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from audit.services import Actor
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tenants.models import ApiToken
from tenants.queries import TenantInfo, TokenRecord
from tenants.services.tokens import FORM, digest_of
from tenants.token_memory import remembered

CHALLENGE: Final = 'Token realm="Dakiya API"'
TOUCH_EVERY_S: Final = 60.0
MAX_TOUCHED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Principal:
    """The program behind a request: `request.auth` of every API view."""

    tenant: TenantInfo
    token_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor(self.token_id, "API token")


class TokenRefused(AuthenticationFailed):
    """401 as a problem with code, detail and remedy (kernel.web.problem)."""

    def __init__(self, code: str, detail: str, remedy: str) -> None:
        super().__init__(detail, code)
        self.code = code
        self.remedy = remedy


ANOTHER: Final = "Create a token under Settings, API tokens, and send it as `Authorization: Token <token>`."
MISSING: Final = ("token_missing", "The request carries no Authorization header.", ANOTHER)
MALFORMED: Final = (
    "token_malformed",
    "The Authorization header is not `Token dk_live_` followed by 48 characters 0-9 and a-f.",
    "Copy the token again, without quotes or line breaks, and put the word Token and one space before it.",
)
UNKNOWN: Final = ("token_unknown", "There is no such token.", ANOTHER)
REVOKED: Final = ("token_revoked", "This token was revoked.", ANOTHER)
SUSPENDED: Final = (
    "tenant_suspended",
    "The organisation of this token is suspended: nothing is accepted from it.",
    "Ask the platform's operator why, and to lift the suspension.",
)


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[None, Principal]:
        found = remembered(digest_of(_secret(request)))
        if found is None:
            raise TokenRefused(*UNKNOWN)
        if found.revoked_at is not None:
            raise TokenRefused(*REVOKED)
        if found.tenant.is_suspended:
            raise TokenRefused(*SUSPENDED)
        _touch(found)
        return None, Principal(found.tenant, found.token_id)

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _secret(request: Request) -> str:
    words = get_authorization_header(request).split()
    if not words:
        raise TokenRefused(*MISSING)
    secret = words[1].decode("latin-1") if len(words) == 2 and words[0].lower() == b"token" else ""
    if not FORM.fullmatch(secret):
        raise TokenRefused(*MALFORMED)
    return secret


_touched: dict[UUID, float] = {}


def _touch(found: TokenRecord) -> None:
    """Write the last use, at most once a minute and process; the condition keeps many processes to one write."""
    now = time.monotonic()
    if _touched.get(found.token_id, 0.0) > now:
        return
    if len(_touched) >= MAX_TOUCHED:
        _touched.clear()
    _touched[found.token_id] = now + TOUCH_EVERY_S
    at = utc_now()
    with tenant_context(found.tenant.id):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=at - timedelta(seconds=TOUCH_EVERY_S))
        ApiToken.objects.filter(stale, pk=found.token_id).update(last_used_at=at)
