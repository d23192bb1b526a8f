"""Tokens of opt-out pages: short enough for a text, told by nobody, and the same for the same person and sender.

A token is 64 bits of an HMAC under the installation's first secret key, so it is made without asking the database; a
new key makes other tokens, and those that were given out keep working as long as their rows stand.
"""

from __future__ import annotations

import hashlib
import hmac
from string import ascii_letters, digits
from typing import Final
from uuid import UUID

from django.conf import settings

# The form of a dynamic link in India: the fixed part, which is registered, ends in a question mark.
PATH: Final = "/o?"
LENGTH: Final = 11
_ALPHABET: Final = digits + ascii_letters
_OCTETS: Final = 8


def token_of(*, tenant_id: UUID, recipient: str, sender: str | None, topic: str | None) -> str:
    """11 letters and digits."""
    said = "\0".join(("opt-out link", tenant_id.hex, recipient, sender or "", topic or ""))
    digest = hmac.digest(settings.SECRETS_KEYS[0].encode(), said.encode(), hashlib.sha256)
    number, letters = int.from_bytes(digest[:_OCTETS], "big"), []
    for _ in range(LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    return "".join(letters)


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def url_of(token: str) -> str:
    return f"{settings.BASE_URL}{PATH}{token}"
