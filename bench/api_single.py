"""One message per POST over 16 keep-alive connections, answered when committed: requests per second and latency.

    make bench-api-single           COUNT=20000 CONNECTIONS=16 by default

Every message is transactional and goes to a recipient of its own, the dispatcher running beside. The generator is one
thread of raw sockets (some 25 µs a request), so that nearly all of the machine is left to what is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from typing import Any, Final
from urllib.parse import urlsplit

from bench.harness import books_are_exact, installation, pss_mb, report
from tests.fixtures.stack import Stack
from tests.waiting import until

COUNT: Final = int(os.environ.get("COUNT", "20000"))
CONNECTIONS: Final = int(os.environ.get("CONNECTIONS", "16"))
FIRST: Final = 30_000_000
DRAIN_S: Final = 600.0
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"
ACCEPTED: Final = b"HTTP/1.1 202"


class Load:
    """The requests that are left, and what was answered so far."""

    def __init__(self, stack: Stack, count: int, first: int = FIRST) -> None:
        tenant = stack.demo["tenants"][0]
        self._head = (
            f"POST /api/v1/messages HTTP/1.1\r\nHost: {urlsplit(stack.base_url).netloc}\r\n"
            f"Authorization: Token {tenant['api_token']}\r\nContent-Type: application/json\r\nContent-Length: "
        )
        message = {"from": tenant["sender"], "text": tenant["sample_text"], "class": "transactional"}
        self._body = json.dumps(message)[:-1] + ', "to": "+9199%08d"}'
        self.numbers = iter(range(first, first + count))
        self.latencies: list[float] = []
        self.accepted: list[str] = []
        self.refused: list[bytes] = []

    def next_request(self) -> bytes | None:
        number = next(self.numbers, None)
        if number is None:
            return None
        body = self._body % number
        return f"{self._head}{len(body)}\r\n\r\n{body}".encode()

    def note(self, answer: bytes, seconds: float) -> None:
        self.latencies.append(seconds)
        if answer.startswith(ACCEPTED):
            self.accepted.append(json.loads(answer.partition(HEAD_END)[2])["id"])
        else:
            self.refused.append(answer)


async def drive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, load: Load) -> None:
    """Send over one connection until nothing is left, one request at a time."""
    while (request := load.next_request()) is not None:
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(HEAD_END)
        at = head.lower().index(LENGTH) + len(LENGTH)
        body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
        load.note(head + body, time.perf_counter() - began)
    writer.close()


async def run(stack: Stack, load: Load) -> float:
    """Seconds from the first request to the last answer."""
    address = urlsplit(stack.base_url)
    lines = [await asyncio.open_connection(address.hostname, address.port) for _ in range(CONNECTIONS)]
    began = time.perf_counter()
    await asyncio.gather(*(drive(reader, writer, load) for reader, writer in lines))
    return time.perf_counter() - began


def written(stack: Stack, load: Load) -> int:
    """How many of the ids that were answered are rows of the database."""
    statement = "SELECT count(*) FROM messages WHERE id = ANY(%s::uuid[])"
    return int(stack.rows(statement, [load.accepted])[0][0])


def main() -> None:
    with installation() as stack:
        asyncio.run(run(stack, Load(stack, 200, FIRST - 200)))  # every process has served before it is measured
        load = Load(stack, COUNT)
        seconds = asyncio.run(run(stack, load))
        memory = pss_mb(stack)
        found = written(stack, load)
        until(lambda: stack.rows("SELECT count(*) FROM messages WHERE status < 50") == [(0,)], DRAIN_S)
        exact = books_are_exact(stack)
    for refused in load.refused[:3]:
        print(refused.decode())
    latencies = sorted(load.latencies)
    result: dict[str, Any] = {
        "bench": "api-single",
        "per_s": round(len(load.accepted) / seconds),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 1),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 1),
        "count": COUNT,
        "connections": CONNECTIONS,
        "missing": COUNT - found,
        "books_exact": exact,
        "pss_mb": memory,
    }
    is_complete = exact and found == len(set(load.accepted)) == COUNT
    report(result, measure="per_s", base={"jasmin": "jasmin"}, is_complete=is_complete)


if __name__ == "__main__":
    main()
