"""What is remembered of callbacks that could not be used, so that staff see what the operator sends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from urllib.parse import quote, quote_plus

from django.db import transaction

from gateways.models import CallbackTrouble
from routing.callbacks import Callback

KEPT: Final = 10
LONGEST: Final = 1_024
# As many characters of UTF-8 as a secret may have in a form, all of them escaped.
LONGEST_SECRET: Final = 500 * 12
_NUMBER: Final = re.compile(r"([0-9]{4})([0-9]{2,})([0-9]{2})")


def note_trouble(*, route_id: int, call: Callback, why: str, secrets: Iterable[str], now: datetime) -> None:
    """Count a callback, and keep it as one of the last, without the route's secrets and without full numbers."""
    hidden = list(secrets)
    sample = {"at": now.isoformat(), "why": masked(why, hidden)[:200], "what": shown(call, hidden)}
    with transaction.atomic():
        CallbackTrouble.objects.get_or_create(route_id=route_id)
        found = CallbackTrouble.objects.select_for_update().get(route_id=route_id)
        found.count += 1
        found.samples = [sample, *found.samples][:KEPT]
        found.save()


def trouble_of(route_id: int) -> CallbackTrouble | None:
    return CallbackTrouble.objects.filter(route_id=route_id).first()


def masked(text: str, secrets: Iterable[str]) -> str:
    """A text in which secrets are stars, however they are written in it, and long numbers have their ends alone."""
    for secret in filter(None, secrets):
        ways = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
        ways |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
        # Longest first, else one way would leave the rest of another.
        pattern = "|".join(re.escape(way) for way in sorted(ways, key=len, reverse=True))
        text = re.sub(pattern, "***", text, flags=re.IGNORECASE)
    return _NUMBER.sub(lambda found: f"{found[1]}{'*' * len(found[2])}{found[3]}", text)


def shown(call: Callback, secrets: Iterable[str]) -> str:
    """Method, query and the first of the body; hexadecimal where it is no text. No header: they carry logins."""
    hidden = list(secrets)
    # Octets as characters, so that what is no text is masked too; cut behind that, lest half a secret is left.
    as_octets = [secret.encode().decode("latin-1") for secret in hidden]
    octets = call.body[: LONGEST + LONGEST_SECRET].decode("latin-1")
    body = masked(octets, [*hidden, *as_octets]).encode("latin-1")[:LONGEST]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    printable = text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable()
    said = text if text and printable else body.hex(" ")[:LONGEST]
    asked = masked(call.query[: LONGEST + LONGEST_SECRET], hidden)[:LONGEST]
    query = f"?{asked}" if asked else ""
    return f"{call.method} {query} {said}".strip().replace("\0", "")
