"""A program that uses the API of a running installation, as a customer's would: HTTP and the demo's token."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.fixtures.stack import Stack
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class Client:
    base_url: str
    token: str

    @classmethod
    def of(cls, stack: Stack, tenant: int = 0) -> Client:
        return cls(stack.base_url, stack.demo["tenants"][tenant]["api_token"])

    def call(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of one request; POST when there is a body."""
        request = urllib.request.Request(  # noqa: S310 (our own address)
            f"{self.base_url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 (our own address)
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)

    def send_until_kept(self, path: str, body: Any) -> Any:
        """Repeat a request until a 2xx promises that it is kept; a connection may break while processes are killed."""

        def attempt() -> Any:
            try:
                status, answer = self.call(path, body)
            except OSError:
                return None
            return answer if status < 300 else None

        return until(attempt, timeout_s=30)


def control(stack: Stack, path: str, body: Any = None) -> Any:
    """The simulator's control port: counters, settings, faults."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{stack.ports['SMSC_CONTROL_PORT']}/{path}",
        data=None if body is None else json.dumps(body).encode(),
        method="GET" if body is None else "POST",
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (our own address)
        return json.load(answer)
