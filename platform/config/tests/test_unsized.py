from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from config.unsized import IN_MEMORY, Measured

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    return [environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))]


def answer(body: bytes, **environ: str) -> bytes:
    asked: Any = {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": "", **environ}
    response: Any = Measured(echo)(asked, lambda *_: lambda _: None)
    try:
        return b"".join(response)
    finally:
        getattr(response, "close", bool)()


@pytest.mark.parametrize("size", [0, 1, IN_MEMORY, IN_MEMORY + 1])
def test_a_body_in_pieces_reaches_the_application_whole(size: int) -> None:
    body = b"x" * size
    assert answer(body, HTTP_TRANSFER_ENCODING="gzip, Chunked") == body


def test_a_body_with_a_length_is_left_alone() -> None:
    assert answer(b"abcdef", CONTENT_LENGTH="3") == b"abc"
