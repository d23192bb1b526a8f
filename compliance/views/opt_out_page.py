"""The page behind an opt-out link: no login, no script, nothing told to those who guess."""

from __future__ import annotations

import hashlib
import logging
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from redis.exceptions import RedisError

from audit.middleware import where_of
from compliance.models import OptOutLink
from compliance.services.opt_out_links import (
    WORDING_VERSION,
    is_stopped,
    link_behind,
    may_undo,
    stop_by_link,
    undo_by_link,
)
from compliance.services.opt_outs import Shown
from kernel.db.tenancy import tenant_context
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import mask
from tenants.access import open_page
from tenants.queries import tenant_info

log: Final = logging.getLogger(__name__)
# Unknown tokens from one address in a minute: whole networks share addresses, so links that work are not counted.
MOST_MISSES: Final = 30
_MINUTE_S: Final = 60


# Whoever has the address may act, wherever they come from: a cookie would prove nothing, and browsers inside of
# messaging apps often keep none.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@open_page
def opt_out_page(request: HttpRequest) -> HttpResponse:
    """What will stop, for whom; the button that stops it, and for a while the one that takes it back.

    The token is the query itself, up to what programs on the way put behind it.
    """
    token = request.META.get("QUERY_STRING", "").partition("&")[0].rstrip("=")
    address, found = where_of(request).ip, link_behind(token)
    # Who has the link may always press its button; a guesser only reads, and is told nothing after some misses.
    if address is not None and request.method != "POST" and guesses(address, is_miss=found is None):
        found = None
    response = _nothing(request) if found is None else _page(request, *found)
    add_never_cache_headers(response)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _nothing(request: HttpRequest) -> HttpResponse:
    """The same for what never was, what is gone, and who guesses."""
    return render(request, "compliance/optout_page.html", {"link": None}, status=404)


def _page(request: HttpRequest, tenant_id: UUID, link_id: UUID) -> HttpResponse:
    with tenant_context(tenant_id):
        link = OptOutLink.objects.get(pk=link_id)
        if request.method == "POST":
            _act(request, link)
            return redirect(request.get_full_path())
        context = {
            "link": link,
            "number": mask(E164(link.recipient)),
            "company": tenant_info(tenant_id).name,
            "wording": wording_of(link),
            "is_stopped": is_stopped(link),
            "may_undo": may_undo(link, timezone.now()),
        }
        return render(request, "compliance/optout_page.html", context)


def _act(request: HttpRequest, link: OptOutLink) -> None:
    where = where_of(request)
    shown = Shown(wording_of(link), WORDING_VERSION, where.ip, where.agent or "")
    choice = request.POST.get("choice")
    if choice == "stop":
        stop_by_link(link=link, shown=shown, now=timezone.now())
    elif choice == "undo":
        undo_by_link(link=link, shown=shown, now=timezone.now())


def wording_of(link: OptOutLink) -> str:
    """What stops, in the words that the person reads."""
    of = f"messages from {link.sender}" if link.sender else "all messages"
    return f"{of} about {link.topic}" if link.topic else of


def guesses(address: str, *, is_miss: bool) -> bool:
    """Whether this address asked for too many unknown tokens. Without the cache nobody did: an opt-out matters more."""
    key = f"opt-out-page:{hashlib.sha256(address.encode()).hexdigest()[:32]}"
    try:
        if not is_miss:
            return int(cache.get(key, 0)) > MOST_MISSES
        cache.add(key, 0, _MINUTE_S)
        return int(cache.incr(key)) > MOST_MISSES
    except ValueError:  # it ran out in between
        return False
    except RedisError as problem:
        log.warning("opt-out pages are not throttled: %s", problem)
        return False
