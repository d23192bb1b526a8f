"""Keyset pages: the next page begins behind an id, so page 1,000 costs what page 1 costs and no row is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
PARAMETERS: Final = frozenset({"limit", "cursor", "format"})

Row = TypeVar("Row")
ModelRow = TypeVar("ModelRow", bound=Model)


class KeysetPagination(BasePagination):
    """API lists: `?limit=` up to 200 and `?cursor=` from the previous answer's `next`; newest first by id.

    The id's type is the model's: UUIDv7 or a growing integer, both of which order by time.
    """

    next_url: str | None = None

    def paginate_queryset(
        self, queryset: QuerySet[Any] | Sequence[Any], request: Request, view: Any = None
    ) -> list[Any]:
        if not isinstance(queryset, QuerySet):
            raise TypeError("keyset pages need a queryset")
        if unknown := sorted(set(request.query_params) - PARAMETERS):
            raise UnknownParameter(f"There is no parameter {unknown[0][:64]!r} here, so nothing was filtered by it.")
        limit = _limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        if cursor:
            queryset = queryset.filter(pk__lt=_cursor(queryset, cursor))
        rows = list(queryset.order_by("-pk")[: limit + 1])
        self.next_url = None
        if len(rows) > limit:
            rows = rows[:limit]
            self.next_url = replace_query_param(request.build_absolute_uri(), "cursor", str(rows[-1].pk))
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next_url})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        next_url = {"type": "string", "format": "uri", "nullable": True, "description": "Address of the next page."}
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": next_url},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        return [
            {"name": "limit", "in": "query", "required": False, "schema": limit},
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]


class BadCursor(exceptions.APIException):
    status_code = 400
    default_code = "bad_cursor"
    remedy = "Follow the `next` address of the previous page unchanged."


class UnknownParameter(exceptions.APIException):
    """A list that ignores what it does not know looks filtered and is not."""

    status_code = 400
    default_code = "unknown_parameter"
    remedy = "Send `limit` and `cursor` only, and choose among the results yourself."


class BadLimit(exceptions.APIException):
    status_code = 400
    default_code = "bad_limit"
    remedy = f"Send a limit from 1 to {MAX_LIMIT}, or none for {DEFAULT_LIMIT}."


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_LIMIT:
        raise BadLimit(f"limit is {text[:64]!r}: a whole number from 1 to {MAX_LIMIT} is needed.")
    return int(text)


def _cursor(queryset: QuerySet[Any], text: str) -> UUID | int:
    parse: Callable[[str], UUID | int] = int if queryset.model._meta.pk.get_internal_type() == "BigAutoField" else UUID
    try:
        return parse(text)
    except ValueError:
        raise BadCursor(f"cursor {text[:64]!r} is none that this list gave out.") from None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a dashboard list, newest first, with the addresses of its neighbours."""

    rows: list[Row]
    older_url: str | None
    newer_url: str | None

    def __iter__(self) -> Any:
        return iter(self.rows)


def keyset_page(queryset: QuerySet[ModelRow], request: HttpRequest, *, size: int = DEFAULT_LIMIT) -> Page[ModelRow]:
    """The page of `queryset` that `?before=` or `?after=` names; an unreadable key shows the newest page."""
    before, after = _key(queryset, request.GET.get("before")), _key(queryset, request.GET.get("after"))
    if after is not None:
        rows = list(queryset.filter(pk__gt=after).order_by("pk")[: size + 1])
        has_newer, has_older = len(rows) > size, True
        rows = rows[:size][::-1]
    else:
        behind = queryset.filter(pk__lt=before) if before is not None else queryset
        rows = list(behind.order_by("-pk")[: size + 1])
        has_newer, has_older = before is not None, len(rows) > size
        rows = rows[:size]
    return page_of(request, rows, [row.pk for row in rows], has_older=has_older, has_newer=has_newer)


def page_of(
    request: HttpRequest, rows: list[Row], keys: Sequence[object], *, has_older: bool, has_newer: bool
) -> Page[Row]:
    """Wrap rows that the caller fetched itself; `keys` are the rows' keyset keys, newest first."""
    older = _with(request, before=keys[-1]) if has_older and keys else None
    newer = _with(request, after=keys[0]) if has_newer and keys else None
    return Page(rows, older, newer)


def _key(queryset: QuerySet[Any], text: str | None) -> UUID | int | None:
    try:
        return _cursor(queryset, text) if text else None
    except BadCursor:
        return None


def _with(request: HttpRequest, **keys: object) -> str:
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    for name, value in keys.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"
