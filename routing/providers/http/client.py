"""HTTP/1.1 to one host over connections that are kept, and certainty about what was written when one is lost.

h11 is the protocol; here are sockets. Names are resolved for each new connection, and what is not public is refused
unless the route says that the aggregator stands inside.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import h11

from routing.providers.http.requests import Request
from routing.providers.http.settings import HttpSettings
from routing.reaching import NotReached, is_public, pin_problem

LONGEST_ANSWER: Final = 1 << 20
_READ: Final = 1 << 16


class NoAnswer(Exception):
    """The request was written, as a whole or in part, and nobody knows what became of it."""


class Answer(NamedTuple):
    """`headers` have names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Connection:
    """One connection, used for one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._state = h11.Connection(h11.CLIENT)
        self.idle_since = 0.0

    @property
    def is_usable(self) -> bool:
        """Nobody has closed it yet, as far as can be known before writing."""
        is_idle = self._state.our_state is h11.IDLE and self._state.their_state is h11.IDLE
        return is_idle and not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(self, octets: bytes) -> Answer:
        """Write what `encode` made, and read the answer.

        Raises:
            NoAnswer: the connection ended, or what came is no HTTP.
        """
        try:
            self._writer.write(octets)
            await self._writer.drain()
            answer = await self._read()
        except (OSError, h11.RemoteProtocolError) as problem:
            raise NoAnswer(f"the connection ended without an answer: {problem}") from problem
        with suppress(h11.LocalProtocolError):  # then the other side closes it, and so do we
            self._state.start_next_cycle()
        return answer

    def encode(self, request: Request, host: str) -> bytes:
        """
        Raises:
            h11.LocalProtocolError: a header or the address has characters that HTTP does not carry.
        """
        headers = [("Host", host), ("Accept", "*/*"), ("User-Agent", "Dakiya"), *request.headers]
        if request.body or request.method != "GET":
            headers.append(("Content-Length", str(len(request.body))))
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        written = [self._state.send(head)]
        if request.body:
            written.append(self._state.send(h11.Data(data=request.body)))
        written.append(self._state.send(h11.EndOfMessage()))
        return b"".join(piece for piece in written if piece)

    async def _read(self) -> Answer:
        status, headers, body = 0, {}, bytearray()
        while True:
            event = self._state.next_event()
            if event is h11.NEED_DATA:
                self._state.receive_data(await self._reader.read(_READ))
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > LONGEST_ANSWER:
                    raise NoAnswer(f"the answer is longer than {LONGEST_ANSWER} octets")
            elif isinstance(event, h11.EndOfMessage):
                return Answer(status, headers, bytes(body))
            elif not isinstance(event, h11.InformationalResponse):
                raise NoAnswer("the connection ended without an answer")

    def close(self) -> None:
        self._writer.transport.abort()


class Client:
    """Connections to one aggregator; how many there are at once is its user's business."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._context = _tls_context(settings)
        self._idle: deque[Connection] = deque()
        usual = 443 if settings.is_tls else 80
        name = f"[{settings.host}]" if ":" in settings.host else settings.host
        self._host = name if settings.port == usual else f"{name}:{settings.port}"

    async def send(self, request: Request) -> Answer:
        """
        Raises:
            NotReached: nothing was written.
            NoAnswer: something was.
            h11.LocalProtocolError: the request is none; nothing was written.
        """
        try:
            connection = self._kept() or await self.connect()
        except asyncio.CancelledError as problem:
            raise NotReached("the route was closed before anything was written") from problem
        is_kept = False
        try:
            octets = connection.encode(request, self._host)
            async with asyncio.timeout(self._settings.answer_s):
                answer = await connection.exchange(octets)
            is_kept = connection.is_usable
        except TimeoutError as problem:
            raise NoAnswer(f"no answer within {self._settings.answer_s:g} s") from problem
        except asyncio.CancelledError as problem:
            raise NoAnswer("the route was closed before an answer came") from problem
        finally:
            if is_kept:
                self.keep(connection)
            else:
                connection.close()
        return answer

    def keep(self, connection: Connection) -> None:
        """Have it used for a later request."""
        connection.idle_since = self._loop.time()
        self._idle.append(connection)

    def _kept(self) -> Connection | None:
        """The connection used last that is still good. Those idle for long are closed: the other side is about to."""
        oldest = self._loop.time() - self._settings.keep_s
        while self._idle and self._idle[0].idle_since < oldest:
            self._idle.popleft().close()
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return None

    async def connect(self) -> Connection:
        """
        Raises:
            NotReached: none of the host's addresses; the reason is that of the last.
        """
        settings = self._settings
        reason = "the name has no address"
        for address in await self._addresses():
            try:
                async with asyncio.timeout(settings.connect_s):
                    return await self._reach(address)
            except TimeoutError:
                reason = f"not within {settings.connect_s:g} s"
            except ssl.SSLCertVerificationError as problem:
                reason = f"its certificate is refused: {problem.verify_message}"
            except OSError as problem:  # ssl.SSLError is one too
                reason = problem.strerror or str(problem)
        raise NotReached(f"no connection to {settings.host}:{settings.port}: {reason}")

    async def _addresses(self) -> Sequence[str]:
        settings = self._settings
        try:
            found = await self._loop.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as problem:
            words = getattr(problem, "strerror", "") or str(problem)
            raise NotReached(f"the name {settings.host} has no address: {words}") from problem
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        allowed = [address for address in addresses if settings.inside or is_public(address)]
        if addresses and not allowed:
            raise NotReached(
                f"{settings.host} is {addresses[0]}, inside a private network: say so in the settings if that is meant"
            )
        return allowed

    async def _reach(self, address: str) -> Connection:
        settings = self._settings
        name = settings.host if self._context else None
        reader, writer = await asyncio.open_connection(address, settings.port, ssl=self._context, server_hostname=name)
        if settings.tls_fingerprint:
            problem = pin_problem(writer.get_extra_info("ssl_object"), settings.tls_fingerprint)
            if problem:
                writer.transport.abort()
                raise OSError(f"its certificate is refused: {problem}")
        return Connection(reader, writer)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()


def _tls_context(settings: HttpSettings) -> ssl.SSLContext | None:
    """None without TLS. A pinned certificate needs no authority; everything else is verified."""
    if not settings.is_tls:
        return None
    context = ssl.create_default_context()
    if settings.tls_fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
