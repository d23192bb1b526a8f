"""Operators that call back, and what staff see of it. Nothing is answered with 2xx before it is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from gateways.http.trouble import note_trouble, trouble_of
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from kernel.smpp.receipts import ReceiptState
from kernel.web.problem import MEDIA_TYPE
from messaging.services.receiving import keep_receipts
from messaging.services.unmatched import unmapped
from routing import registry
from routing.callback_addresses import callback_url, route_behind
from routing.callbacks import Callback, CallbackRefused, CalledBack, HearsCallbacks
from routing.models import Route
from routing.secrets import unseal
from tenants.access import TenantRequest, open_page, staff_page

LONGEST_BODY: Final = 1 << 20
# Changes of a route are heeded after so long, as in dispatchers.
KNOWN_S: Final = 2.0
MOST_KNOWN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Ear:
    """A route that hears callbacks, as it was read `at` (monotonic seconds)."""

    route_id: int
    hears: HearsCallbacks
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    at: float


_known: dict[str, Ear] = {}


@csrf_exempt
@require_http_methods(["GET", "POST"])
@open_page
def route_callback(request: HttpRequest, token: str) -> HttpResponse:
    """Receipts of a route's operator. 204 when they are stored."""
    try:
        ear = _ear(token)
        if ear is None:
            return _refusal(404, "not_found", "No route has this address.", "Copy it anew from the page of the route.")
        body = _body(request)
        if body is None:
            return _refusal(413, "callback_too_long", "The body is above 1 MB.", "Send fewer receipts at a time.")
        return _hear(ear, _call(request, body), utc_now())
    except DomainError as problem:  # a kind that is not installed, secrets that cannot be read: ours to mend
        return _refusal(503, problem.code, "This route cannot take receipts now.", "Send them again later.")


def _hear(ear: Ear, call: Callback, now: datetime) -> HttpResponse:
    try:
        told = ear.hears.read_callback(ear.settings, ear.secrets, call)
    except CallbackRefused as problem:
        note_trouble(route_id=ear.route_id, call=call, why=problem.detail, secrets=ear.secrets.values(), now=now)
        return _refusal(problem.status, problem.code, problem.detail, problem.remedy)
    keep_receipts(route_id=ear.route_id, receipts=[(each.receipt, each.recipient) for each in told], now=now)
    if strange := _strange(told):
        why = f"the status {strange!r} has no meaning: add a line for it in the settings; its receipt is kept"
        note_trouble(route_id=ear.route_id, call=call, why=why, secrets=ear.secrets.values(), now=now)
    return HttpResponse(status=204)


def _strange(told: Sequence[CalledBack]) -> str:
    return next((each.receipt.stat for each in told if each.receipt.state is ReceiptState.OTHER), "")


def _ear(token: str) -> Ear | None:
    """The route of a token, read anew after KNOWN_S; unknown tokens are not remembered."""
    found, now = _known.get(token), time.monotonic()
    if found is not None and now - found.at < KNOWN_S:
        return found
    _known.pop(token, None)
    route = route_behind(token)
    hears: object = registry.provider(route.kind) if route is not None else None
    if route is None or not isinstance(hears, HearsCallbacks):
        return None
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[token] = Ear(route.pk, hears, route.settings, unseal(route.secrets_encrypted), now)
    return _known[token]


def _body(request: HttpRequest) -> bytes | None:
    """None for one that is too long."""
    return request.body if int(request.headers.get("Content-Length") or 0) <= LONGEST_BODY else None


def _call(request: HttpRequest, body: bytes) -> Callback:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Callback(
        request.method or "GET",
        request.META.get("QUERY_STRING", ""),
        headers,
        body,
        request.META.get("REMOTE_ADDR", ""),
    )


def _refusal(status: int, code: str, detail: str, remedy: str) -> JsonResponse:
    body = {"type": "about:blank", "status": status, "code": code, "detail": detail, "remedy": remedy}
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)


@require_GET
@staff_page
def route_callbacks(request: TenantRequest, pk: int) -> HttpResponse:
    """The address of a route's callbacks, and those that could not be used."""
    route = get_object_or_404(Route, pk=pk)
    trouble = trouble_of(pk)
    samples = [{**each, "at": datetime.fromisoformat(each["at"])} for each in trouble.samples] if trouble else []
    context = {
        "route": route,
        "url": callback_url(route),
        "count": trouble.count if trouble else 0,
        "samples": samples,
        "unmapped": unmapped(pk),
    }
    return render(request, "gateways/callbacks.html", context)
