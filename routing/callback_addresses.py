"""Where a route's operator calls back: an address that only who was told it can know, and nothing stores.

The token is the route's id and an HMAC of it under the installation's first secret key. A new key keeps the addresses
that were given out as long as the old one stands behind it; a route's own `callback_number` withdraws its address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from django.conf import settings

from routing import registry
from routing.callbacks import HearsCallbacks
from routing.models import Route

PATH: Final = "/hooks/routes/"
PATTERN: Final = r"[0-9]{1,18}-[A-Za-z0-9_-]{32}"
_OCTETS: Final = 24


def callback_url(route: Route) -> str:
    """The full address; empty where the route's kind does not hear callbacks.

    Raises:
        UnknownProvider: the kind is not installed.
    """
    if not isinstance(registry.provider(route.kind), HearsCallbacks):
        return ""
    return f"{settings.BASE_URL}{PATH}{route.pk}-{_mac(settings.SECRETS_KEYS[0], route)}"


def route_behind(token: str) -> Route | None:
    """The route of a token that matches PATTERN, in constant time for whatever is wrong with it."""
    number, _, mac = token.partition("-")
    route = Route.objects.filter(pk=int(number)).first()
    wanted = [_mac(key, route or Route(pk=0)) for key in settings.SECRETS_KEYS]
    is_right = any([hmac.compare_digest(mac, each) for each in wanted])  # noqa: C419 - all of them, whichever fits
    return route if is_right else None


def _mac(key: str, route: Route) -> str:
    said = f"route callback {route.pk} {route.settings.get('callback_number') or 1}"
    digest = hmac.new(key.encode(), said.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:_OCTETS]).decode("ascii")
