from __future__ import annotations

from kernel.domain.errors import DomainError


class FileRefused(DomainError):
    """A file that cannot be imported as it is; nothing of it was written."""
