"""Customers' programs as good as they are asked to be: a request is repeated with its key until it is answered."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from tests.chaos.traffic import Request
from tests.fixtures.stack import Stack

CLIENTS: Final = 6
PAUSE_S: Final = 0.3
GIVE_UP_S: Final = 180.0
TIMEOUT_S: Final = 60.0


class Clients:
    """A few threads that post a seed's requests at their times. After `join`:

    `promised`: number → id of its message, of those that a 2xx accepted. `refused`: numbers that were told why not.
    `unanswered`: requests given up, of which nothing is known. `repeats`: how often one was made again.
    """

    def __init__(self, stack: Stack, requests: Sequence[Request]) -> None:
        self._stack = stack
        self._tokens = [tenant["api_token"] for tenant in stack.demo["tenants"]]
        self._left = deque(requests)
        self._began = time.monotonic()
        self.promised: dict[str, str] = {}
        self.refused: set[str] = set()
        self.unanswered: list[Request] = []
        self.repeats = 0
        self.strange: list[str] = []
        self._threads = [threading.Thread(target=self._work, name=f"client {n}") for n in range(CLIENTS)]

    def start(self) -> None:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection = http.client.HTTPConnection(urlsplit(self._stack.base_url).netloc, timeout=TIMEOUT_S)
        while True:
            try:
                request = self._left.popleft()
            except IndexError:
                connection.close()
                return
            time.sleep(max(0.0, self._began + request.at - time.monotonic()))
            self._keep_asking(connection, request)

    def _keep_asking(self, connection: http.client.HTTPConnection, request: Request) -> None:
        give_up_at = time.monotonic() + GIVE_UP_S
        while time.monotonic() < give_up_at:
            try:
                status, answer = self._ask(connection, request)
            except (OSError, http.client.HTTPException, ValueError):
                connection.close()
                status, answer = 0, None
            if status and status < 500 and status not in (408, 425, 429):
                self._note(request, status, answer)
                return
            self.repeats += 1
            time.sleep(PAUSE_S)
        self.unanswered.append(request)

    def _ask(self, connection: http.client.HTTPConnection, request: Request) -> tuple[int, Any]:
        headers = {
            "Authorization": f"Token {self._tokens[request.tenant]}",
            "Content-Type": "application/json",
            "Idempotency-Key": request.key,
        }
        connection.request("POST", f"/api/v1/{request.path}", json.dumps(request.body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    def _note(self, request: Request, status: int, answer: Any) -> None:
        results = answer.get("results", [answer])
        if len(results) != len(request.numbers) or status not in (200, 202, 422):
            self.strange.append(f"{status} for {len(request.numbers)} messages: {str(answer)[:200]}")
            return
        for to, result in zip(request.numbers, results, strict=True):
            if result.get("status") == "accepted":
                self.promised[to] = result["id"]
            else:
                self.refused.add(to)
