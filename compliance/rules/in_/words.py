from __future__ import annotations

from typing import Final

from compliance.statuses import PortalState

COUNTRY: Final = "IN"


def said(portal_state: str) -> str:
    """A portal's state within a sentence."""
    return PortalState(portal_state).label.lower()
