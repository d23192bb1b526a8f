"""Errors of the HTTP API as problem+json (RFC 9457), each with a code to act on and a remedy to read."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from kernel.domain.errors import DomainError

logger = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

# What is not listed is a rule that the request breaks: 422.
STATUS_OF_CODE: Final[Mapping[str, HTTPStatus]] = {
    "not_found": HTTPStatus.NOT_FOUND,
    "insufficient_credit": HTTPStatus.PAYMENT_REQUIRED,
    "tenant_suspended": HTTPStatus.FORBIDDEN,
    "duplicate_request": HTTPStatus.CONFLICT,
    "request_in_progress": HTTPStatus.CONFLICT,
    "idempotency_mismatch": HTTPStatus.CONFLICT,
}
REMEDIES: Final[Mapping[str, str]] = {
    "not_found": "Check the id; it must belong to the organisation of your token.",
    "method_not_allowed": "See /api/v1/schema for the methods of this address.",
    "not_acceptable": "Ask for application/json.",
    "unsupported_media_type": "Send the body as JSON with Content-Type: application/json.",
    "parse_error": "Send one JSON document in UTF-8; the detail says where it breaks off.",
    "throttled": "Wait as long as Retry-After says, then send the request again.",
    "invalid_request": "Correct the fields named in `errors` and send the request again.",
    "permission_denied": "Ask an owner of your organisation for the permission.",
}
DEFAULT_REMEDY: Final = "Correct the request and send it again."


def problem_document(
    *, status: int, code: str, detail: str, remedy: str, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The members of one problem. `extra` ones are added as they are."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "code": code,
        "detail": detail,
        "remedy": remedy,
        **(extra or {}),
    }


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    remedy: str,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """One problem as DRF's response."""
    body = problem_document(status=status, code=code, detail=detail, remedy=remedy, extra=extra)
    return Response(body, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def problem_members(error: DomainError) -> dict[str, str]:
    """A refusal inside a list of results: the members a client acts on, without the HTTP wrapping."""
    return {"code": error.code, "detail": error.detail, "remedy": error.remedy}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: every error a client can cause becomes a problem; anything else stays a 500."""
    if isinstance(error, DomainError):
        status = STATUS_OF_CODE.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        return problem(
            status=status, code=error.code, detail=error.detail, remedy=error.remedy, extra=_public(error.context)
        )
    if isinstance(error, Http404):
        return _of_api_exception(exceptions.NotFound("There is nothing with this address in your organisation."))
    if isinstance(error, PermissionDenied):
        return _of_api_exception(exceptions.PermissionDenied())
    if isinstance(error, exceptions.ValidationError):
        detail = "Some fields of the request cannot be used."
        remedy = REMEDIES["invalid_request"]
        return problem(
            status=error.status_code,
            code="invalid_request",
            detail=detail,
            remedy=remedy,
            extra={"errors": error.detail},
        )
    if isinstance(error, exceptions.APIException):
        return _of_api_exception(error)
    if isinstance(error, (OperationalError, InterfaceError)):
        # The database restarts, or broke a deadlock: nothing was kept, and the same request may succeed at once.
        logger.error("the database did not answer a request of the API", exc_info=error)
        return _of_api_exception(Unavailable())
    return None


class Unavailable(exceptions.APIException):
    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "The request could not be kept; nothing of it was."
    remedy = "Send the same request again in a second, with its Idempotency-Key if it has one."
    wait = 1


def _public(context: Mapping[str, object]) -> dict[str, object]:
    """Context values that are data; others (exceptions, model instances) stay in the log."""
    return {key: value for key, value in context.items() if isinstance(value, (str, int, float, bool, list, dict))}


def _of_api_exception(error: exceptions.APIException) -> Response:
    code = str(getattr(error, "code", "") or error.default_code)
    remedy = str(getattr(error, "remedy", "") or REMEDIES.get(code, DEFAULT_REMEDY))
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return problem(status=error.status_code, code=code, detail=str(error.detail), remedy=remedy, headers=headers)
