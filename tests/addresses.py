"""Every address of the product, read from its URL configuration: new ones come under the tests by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

# Views that packages bring, with guards of their own. Everything else is ours and says whom it is for.
FOREIGN: Final = ("accounts/", "admin/")
PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Address:
    """One URL pattern.

    Args:
        name: with its namespace, as `reverse` takes it.
        route: from the root, e.g. "senders/<uuid:pk>/edit/".
        parameters: of the route, in order, each with the route up to and including it: what it is the id of.
    """

    name: str
    route: str
    view: Callable[..., Any] = field(repr=False)
    parameters: Mapping[str, str]

    @property
    def access(self) -> object:
        """Whom the view is for: a tenants.roles.Permission, or "staff", "person", "open", "token"; None unmarked."""
        view_class = getattr(self.view, "view_class", None) or getattr(self.view, "cls", None)
        return getattr(self.view, "dakiya_access", None) or getattr(view_class, "dakiya_access", None)

    @property
    def is_api(self) -> bool:
        return self.route.startswith("api/")

    def __str__(self) -> str:
        return self.route or "/"


def addresses() -> list[Address]:
    """All of ours, in the order of the URL configuration."""
    found = _below(get_resolver(), "", "")
    return [address for address in found if not address.route.startswith(FOREIGN)]


def _below(resolver: URLResolver, route: str, namespace: str) -> Iterator[Address]:
    for entry in resolver.url_patterns:
        if not isinstance(entry.pattern, RoutePattern):
            if (route + str(entry.pattern)).startswith(FOREIGN):
                continue
            raise TypeError(f"{route}{entry.pattern}: the tests read addresses made by path(), not by re_path()")
        whole = route + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield Address(f"{namespace}{entry.name}", whole, entry.callback, _parameters(whole))
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _below(entry, whole, inner)


def _parameters(route: str) -> dict[str, str]:
    return {match[1]: route[: match.end()] for match in PARAMETER.finditer(route)}
