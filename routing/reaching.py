"""What all ways of reaching an operator over a network share."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import UTC, datetime
from typing import Any

from cryptography import x509


class NotReached(Exception):
    """Why there is no connection, for people."""


def is_public(address: str) -> bool:
    """Whether a numeric address belongs to the Internet, not to this machine or the network it stands in."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_global


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
