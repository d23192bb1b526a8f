"""What all ways of reaching an operator over a network share."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509

_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class NotReached(Exception):
    """Why there is no connection, for people."""


def is_public(address: str) -> bool:
    """Whether a numeric address is one host's on the Internet, not of this machine or the network it stands in.

    An IPv6 address that leads to an IPv4 one (mapped, 6to4, NAT64 of RFC 6052) is judged as that.
    """
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF) if found in _NAT64 else None
        found = found.ipv4_mapped or found.sixtofour or translated or found
    return found.is_global and not found.is_multicast


def pin_problem(connection: Any, fingerprint: str) -> str:
    """Why the peer's certificate is not the pinned one, still valid; empty when it is.

    Args:
        connection: the ssl object of the transport.
    """
    der = connection.getpeercert(binary_form=True)
    if not der:
        return "there is none"
    seen = hashlib.sha256(der).hexdigest()
    if seen != fingerprint:
        return f"its fingerprint is {seen}, another one is pinned"
    expires = x509.load_der_x509_certificate(der).not_valid_after_utc
    return f"it expired on {expires:%Y-%m-%d}" if expires < datetime.now(UTC) else ""
