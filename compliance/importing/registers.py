"""Which register a kind of file is about."""

from __future__ import annotations

from compliance.importing.fields import Kind
from compliance.importing.register import Entities, Headers, Owned, Register
from compliance.importing.templates import Templates
from compliance.models import Chain, ConsentTemplate, Link


def register_of(kind: str) -> Register:
    match Kind(kind):
        case Kind.TEMPLATES:
            return Templates()
        case Kind.HEADERS:
            return Headers()
        case Kind.ENTITIES:
            return Entities()
        case Kind.CHAINS:
            return Owned(Chain, "chain")
        case Kind.LINKS:
            return Owned(Link, "link")
        case Kind.CONSENTS:
            return Owned(ConsentTemplate, "consent")
