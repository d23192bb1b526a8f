"""Routes, configurations and messages for tests."""

from __future__ import annotations

from typing import Any

from routing.conformance.case import TIMEOUT_S, Ear, make_config, outgoing, stride
from routing.contract import RouteConfig
from routing.models import Route
from routing.services.routes import RouteDraft, RouteTerms, create_route
from routing.statuses import RouteState

__all__ = ["TIMEOUT_S", "Ear", "make_config", "make_route", "outgoing", "smpp_config", "stride"]


def make_route(name: str = "Operator A", *, state: RouteState = RouteState.ENABLED, **terms: Any) -> Route:
    settings = {"host": "127.0.0.1", "port": 2776, "system_id": "dakiya", "bind_as": "transceiver"}
    draft = RouteDraft(name, "smpp", settings, {"password": "postman"}, RouteTerms(**terms))
    return create_route(draft=draft, state=state)


def smpp_config(port: int, **changes: Any) -> RouteConfig:
    settings = {"host": "127.0.0.1", "port": port, "system_id": "dakiya", "bind_as": "transceiver"}
    extra = changes.pop("settings", {})
    return make_config(settings={**settings, **extra}, secrets={"password": "postman"}, **changes)
