"""What is remembered of callbacks that could not be used, so that staff see what the operator sends."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from gateways.models import CallbackTrouble
from routing.callbacks import Callback

KEPT: Final = 10
LONGEST: Final = 1_024


def note_trouble(*, route_id: int, call: Callback, why: str, now: datetime) -> None:
    """Count a callback, and keep it as one of the last."""
    sample = {"at": now.isoformat(), "why": why[:200], "what": shown(call)}
    with transaction.atomic():
        CallbackTrouble.objects.get_or_create(route_id=route_id)
        found = CallbackTrouble.objects.select_for_update().get(route_id=route_id)
        found.count += 1
        found.samples = [sample, *found.samples][:KEPT]
        found.save()


def trouble_of(route_id: int) -> CallbackTrouble | None:
    return CallbackTrouble.objects.filter(route_id=route_id).first()


def shown(call: Callback) -> str:
    """Method, query and the first of the body; hexadecimal where it is no text. No header: they carry logins."""
    body: Any = call.body[:LONGEST]
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    printable = text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable()
    said = text if text and printable else body.hex(" ")[:LONGEST]
    query = f"?{call.query[:LONGEST]}" if call.query else ""
    return f"{call.method} {query} {said}".strip().replace("\0", "")
