"""POST batches of 1,000 messages, durable answers, the dispatcher running: messages answered per second.

make bench-api-batch            COUNT=200000 CLIENTS=4 by default
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from typing import Any, Final
from urllib.parse import urlsplit

from bench.harness import books_are_exact, installation, pss_mb, report
from tests.fixtures.stack import Stack
from tests.waiting import until

COUNT: Final = int(os.environ.get("COUNT", "200000"))
CLIENTS: Final = int(os.environ.get("CLIENTS", "4"))
BATCH: Final = 1_000
DRAIN_S: Final = 600.0


def bodies(stack: Stack) -> list[bytes]:
    tenant = stack.demo["tenants"][0]
    fixed = {"from": tenant["sender"], "text": tenant["sample_text"]}
    return [
        json.dumps({"messages": [{**fixed, "to": f"+9199{start + n:08}"} for n in range(BATCH)]}).encode()
        for start in range(20_000_000, 20_000_000 + COUNT, BATCH)
    ]


def post_all(stack: Stack, work: list[bytes], answered: list[tuple[float, int]]) -> None:
    """Take bodies off the common list until it is empty; notes latency and accepted messages of each."""
    headers = {
        "Authorization": f"Token {stack.demo['tenants'][0]['api_token']}",
        "Content-Type": "application/json",
    }
    connection = http.client.HTTPConnection(urlsplit(stack.base_url).netloc, timeout=120)
    while True:
        try:
            body = work.pop()
        except IndexError:
            return
        began = time.perf_counter()
        connection.request("POST", "/api/v1/messages/batch", body, headers)
        response = connection.getresponse()
        results: list[dict[str, Any]] = json.load(response)["results"]
        accepted = sum(result["status"] == "accepted" for result in results)
        answered.append((time.perf_counter() - began, accepted))


def main() -> None:
    with installation() as stack:
        work, answered = bodies(stack), list[tuple[float, int]]()
        clients = [threading.Thread(target=post_all, args=(stack, work, answered)) for _ in range(CLIENTS)]
        began = time.perf_counter()
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        seconds = time.perf_counter() - began
        accepted = sum(count for _, count in answered)
        memory = pss_mb(stack)
        waiting = "SELECT count(*) FROM messages WHERE status < 50"
        until(lambda: stack.rows(waiting) == [(0,)], DRAIN_S)
        exact = books_are_exact(stack)
    latencies = sorted(latency for latency, _ in answered)
    result = {
        "bench": "api-batch",
        "per_s": round(accepted / seconds),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000),
        "count": COUNT,
        "missing": COUNT - accepted,
        "books_exact": exact,
        "pss_mb": memory,
    }
    report(result, measure="per_s", base={"floor_expand": "floor_expand"}, is_complete=exact and accepted == COUNT)


if __name__ == "__main__":
    main()
