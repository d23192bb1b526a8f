"""Passwords of routes at rest: one Fernet token per route, under the keys of the setting SECRETS_KEYS.

The first key encrypts, all of them decrypt, so a key is rotated by putting a new one in front.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from routing.errors import SecretsUnreadable


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SECRETS_KEYS])


def seal(secrets: Mapping[str, str]) -> str:
    """The token to store; the empty string for no secrets at all."""
    return _keys().encrypt(json.dumps(dict(secrets)).encode()).decode("ascii") if secrets else ""


def unseal(token: str) -> dict[str, str]:
    """The secrets of a token.

    Raises:
        SecretsUnreadable: none of the keys fits, or the token was tampered with.
    """
    if not token:
        return {}
    try:
        opened: dict[str, str] = json.loads(_keys().decrypt(token.encode()))
    except InvalidToken:
        raise SecretsUnreadable from None
    return opened


def reseal(token: str) -> str:
    """The same secrets under the first key, for the rotation of keys."""
    return seal(unseal(token))
