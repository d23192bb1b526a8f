"""POST without DRF's request and response: a quarter of the time, the same rules, words and schema (docs/adr/0013)."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.web.problem import MEDIA_TYPE

PREFIX: Final = "/api/"
JSON: Final = "application/json"
PLAIN_ACCEPTS: Final = frozenset({"*/*", JSON, f"{JSON}, */*", f"{JSON}, text/plain, */*"})
encode: Final = msgspec.json.Encoder().encode


class DirectPost(APIView):
    """Mix in before a DRF view: `post` gets Django's own request and answers with `json_response`.

    `request.auth` is what authentication found. Negotiation, authentication, permissions and throttles are the view's
    as for every other method, and what is raised goes through its exception handler. `post` enters the contexts that
    it needs.
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method != "POST":
            return super().dispatch(request, *args, **kwargs)
        self.request, self.format_kwarg = request, None
        try:
            self._admit(request)
            return self._as_django(self.post(request, *args, **kwargs))  # type: ignore[attr-defined]  # the mixed-in view's
        except Exception as error:  # noqa: BLE001 - as DRF's dispatch: what it has no answer for is raised again
            return self._as_django(self.handle_exception(error))

    def _admit(self, request: Any) -> None:
        """Raises what DRF raises, in its order."""
        if request.META.get("HTTP_ACCEPT", "*/*") not in PLAIN_ACCEPTS:
            self.perform_content_negotiation(self.initialize_request(request))
        request.authenticators = self.get_authenticators()
        request.auth = request.successful_authenticator = None
        for authenticator in request.authenticators:
            if (found := authenticator.authenticate(request)) is not None:
                request.auth, request.successful_authenticator = found[1], authenticator
                break
        self.check_permissions(request)
        self.check_throttles(request)

    @staticmethod
    def _as_django(response: Response | HttpResponse) -> HttpResponse:
        if not isinstance(response, Response):
            return response
        made = HttpResponse(
            JSONRenderer().render(response.data),
            status=response.status_code,
            content_type=response.content_type or JSON,
        )
        for name, value in response.items():
            made.headers.setdefault(name, value)
        return made


class DirectMiddleware:
    """Takes what is posted to direct views past the middleware behind it: sessions, CSRF and the like are for pages.

    Put it behind what every answer needs: HTTPS and its headers, compression.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._matches: dict[str, ResolverMatch] = {}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match = self._match(request) if request.method == "POST" else None
        if match is None:
            return self._get_response(request)
        request.resolver_match = match
        response: HttpResponse = match.func(request)
        response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    def _match(self, request: HttpRequest) -> ResolverMatch | None:
        """The direct view of this path; remembered, since looking it up costs a fifth of the request."""
        path = request.path_info
        if path in self._matches or not path.startswith(PREFIX):
            return self._matches.get(path)
        try:
            match = resolve(path)
        except Resolver404:
            return None
        # A path with parameters could be any of millions.
        if match.kwargs or not issubclass(getattr(match.func, "cls", object), DirectPost):
            return None
        return self._matches.setdefault(path, match)


def json_body(request: HttpRequest) -> bytes:
    """The body as sent; no body stands for an empty object.

    Raises:
        UnsupportedMediaType: it is declared to be something else than JSON.
    """
    body: bytes = request.read()
    if body and request.content_type != JSON:
        raise UnsupportedMediaType(request.META.get("CONTENT_TYPE", ""))
    return body or b"{}"


def json_data(body: bytes) -> Any:
    """The value of a JSON document: dicts, lists, str, int, float, bool, None.

    Raises:
        ParseError: it is none, or nested too deeply; the detail says where it breaks off.
    """
    try:
        return JSONParser().parse(BytesIO(body))
    except RecursionError:
        raise ParseError("JSON parse error - nested too deeply") from None


def json_response(status_code: int, data: Any) -> HttpResponse:
    """Data as JSON, a problem where the status says so; UUIDs and datetimes become strings."""
    content_type = MEDIA_TYPE if status_code >= 400 else JSON
    return HttpResponse(encode(data), status=status_code, content_type=content_type)
