"""Is this process alive, and can it do its work: for load balancers and supervisors."""

from __future__ import annotations

from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from tenants.access import open_page

TIMEOUT_S = 2


@open_page
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@open_page
def readyz(request: HttpRequest) -> JsonResponse:
    """Database and broker answer too; 503 names the one that does not."""
    checks = {"database": _database(), "broker": broker_problem() or "ok"}
    return JsonResponse(checks, status=200 if set(checks.values()) == {"ok"} else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "does not answer: check that PostgreSQL runs and DATABASE_URL is right"
    return "ok"


def broker_address() -> str:
    """Where the broker is looked for, without its password; for operators, not for the public answer."""
    parts = urlsplit(settings.BROKER_URL)
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def broker_problem() -> str:
    """Why the broker cannot be used; empty when it can."""
    if not settings.BROKER_URL.startswith(("redis://", "rediss://")):
        return ""  # RabbitMQ is watched by its own means
    client = redis.Redis.from_url(settings.BROKER_URL, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
    try:
        client.ping()
    except redis.RedisError:
        return "does not answer: check that Valkey runs and BROKER_URL is right"
    finally:
        client.close()
    return ""
