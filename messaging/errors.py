"""What messaging refuses staff, in words."""

from __future__ import annotations

from kernel.domain.errors import DomainError


class NotSensible(DomainError):
    """A queue cannot be moved there."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__("not_sensible", detail, remedy, field="target")
