"""Addresses that do not exist: a page for people, a problem for programs."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found

from kernel.web.problem import MEDIA_TYPE

API_PREFIX: Final = "/api/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404 for what no URL or object stands behind."""
    if not request.path.startswith(API_PREFIX):
        return page_not_found(request, exception, template_name="404.html")
    problem = {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is no such address in the API.",
        "remedy": "See /api/v1/schema for the addresses there are; none of them ends in a slash, ids are UUIDs.",
    }
    return JsonResponse(problem, status=404, content_type=MEDIA_TYPE)
