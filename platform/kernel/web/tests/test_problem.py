from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions

from kernel.domain.errors import DomainError
from kernel.web.problem import exception_handler


def test_a_domain_error_keeps_its_code_words_and_data() -> None:
    error = DomainError("no_route", "There is no way.", "Ask for one.", field="to", cause=ValueError("x"))
    response = exception_handler(error, {})
    assert response is not None
    assert response.data == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "no_route",
        "detail": "There is no way.",
        "remedy": "Ask for one.",
        "field": "to",
    }


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.UnsupportedMediaType("text/plain"), 415, "unsupported_media_type"),
        (exceptions.ParseError("no JSON"), 400, "parse_error"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (exceptions.ValidationError({"to": ["missing"]}), 400, "invalid_request"),
        (DomainError("insufficient_credit", "d", "r"), 402, "insufficient_credit"),
        (DomainError("tenant_suspended", "d", "r"), 403, "tenant_suspended"),
    ],
)
def test_every_error_of_a_client_has_status_code_and_remedy(error: Exception, status: int, code: str) -> None:
    response = exception_handler(error, {})
    assert response is not None
    assert (response.status_code, response.data["code"], bool(response.data["remedy"])) == (status, code, True)


def test_a_wait_is_said_in_the_header() -> None:
    response = exception_handler(exceptions.Throttled(wait=2.5), {})
    assert response is not None
    assert response["Retry-After"] == "3"


def test_a_database_that_does_not_answer_asks_to_try_again() -> None:
    response = exception_handler(OperationalError("server closed the connection"), {})
    assert response is not None
    assert (response.status_code, response.data["code"], response["Retry-After"]) == (503, "unavailable", "1")


def test_a_fault_of_ours_is_no_problem_document() -> None:
    assert exception_handler(RuntimeError("bug"), {}) is None
