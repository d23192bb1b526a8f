"""One URL, two renderings: the whole page, or the part of it that htmx asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or its partial of that name when htmx asks.

    Forms with errors are rendered with status 422, which our htmx configuration swaps like a 200.
    """
    is_part = partial is not None and bool(getattr(request, "htmx", False))
    response = render(request, f"{template}#{partial}" if is_part else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response
