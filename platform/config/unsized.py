"""Bodies that come in pieces without a length (RFC 9112 §7.1): Django would take them for empty ones (PEP 3333)."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Beyond this a body waits on disk until it has come whole.
IN_MEMORY: Final = 1 << 20


class Measured:
    """A WSGI application that knows the length of every body: one that came without is read first, then handed on.

    How long a body may be is for the views to say, as for every other one.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if "chunked" not in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return self._application(environ, start_response)
        body: Any = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed with the response
        shutil.copyfileobj(environ["wsgi.input"], body)
        length = body.tell()
        body.seek(0)
        environ = {**environ, "wsgi.input": body, "CONTENT_LENGTH": str(length)}
        return _Closing(self._application(environ, start_response), body)


class _Closing:
    """A response that closes the request's body with itself."""

    def __init__(self, response: Iterable[bytes], body: SpooledTemporaryFile[bytes]) -> None:
        self._response, self._body = response, body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        self._body.close()
        if hasattr(self._response, "close"):
            self._response.close()
