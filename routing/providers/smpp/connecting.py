"""Reaching an operator: every address of its host, TLS with a certificate that is verified or pinned, never without."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import TypeVar

from routing.providers.smpp.settings import SmppSettings
from routing.reaching import NotReached, pin_problem

__all__ = ["Door", "NotReached", "pin_problem", "tls_context"]

P = TypeVar("P", bound=asyncio.Protocol)


class Door:
    """The way to one operator, which remembers the address that let us in.

    Args:
        timeout_s: for each address, TLS included.
    """

    def __init__(self, settings: SmppSettings, timeout_s: float) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._context = tls_context(settings)
        self._good = ""

    async def connect(self, make: Callable[[], P]) -> P:
        """The protocol of a connection that may be trusted: nothing was written before.

        Raises:
            NotReached: none of the addresses; the reason is that of the last.
        """
        settings = self._settings
        where = f"{settings.host}:{settings.port}"
        try:
            addresses = await self._addresses()
        except OSError as problem:
            raise NotReached(f"the name {settings.host} has no address: {problem.strerror or problem}") from problem
        reason = "the name has no address"
        for address in addresses:
            try:
                async with asyncio.timeout(self._timeout_s):
                    protocol = await self._reach(address, make)
            except TimeoutError:
                reason = f"within {self._timeout_s:g} s"
            except ssl.SSLCertVerificationError as problem:
                reason = f"its certificate is refused: {problem.verify_message}"
            except OSError as problem:  # ssl.SSLError is one too
                reason = problem.strerror or str(problem)
            else:
                self._good = address
                return protocol
        separator = " " if reason.startswith("within") else ": "
        raise NotReached(f"no connection to {where}{separator}{reason}")

    async def _addresses(self) -> Sequence[str]:
        """Numeric addresses, the good one first."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._settings.host, self._settings.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        return sorted(addresses, key=lambda address: address != self._good)

    async def _reach(self, address: str, make: Callable[[], P]) -> P:
        settings, loop = self._settings, asyncio.get_running_loop()
        name = (settings.tls_name or settings.host) if self._context else None
        transport, protocol = await loop.create_connection(
            make, address, settings.port, ssl=self._context, server_hostname=name
        )
        if settings.tls_fingerprint:
            problem = pin_problem(transport.get_extra_info("ssl_object"), settings.tls_fingerprint)
            if problem:
                transport.abort()
                raise OSError(f"its certificate is refused: {problem}")
        return protocol


def tls_context(settings: SmppSettings) -> ssl.SSLContext | None:
    """None without TLS. A pinned certificate needs no authority; everything else is verified."""
    if not settings.tls:
        return None
    context = ssl.create_default_context(cadata=settings.tls_ca or None)
    if settings.tls_fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
