"""From where a request comes, for the entries that are written while it is served."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audit.services import Where, current_where

AGENT_MAX: Final = 200


class WhereMiddleware:
    """Sets `current_where` for the time of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = current_where.set(partial(where_of, request))
        try:
            return self.get_response(request)
        finally:
            current_where.reset(token)


def where_of(request: HttpRequest) -> Where:
    """The caller's address and program.

    Behind proxies of ours (TRUSTED_PROXIES of them) it is the address that the outermost one saw: as many from the end
    of X-Forwarded-For, because what stands before was written by the caller.
    """
    said = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        if len(hops) >= settings.TRUSTED_PROXIES:
            said = hops[-settings.TRUSTED_PROXIES]
    agent = "".join(char for char in request.headers.get("User-Agent", "") if char.isprintable())
    return Where(_address(said), agent[:AGENT_MAX] or None)


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None
