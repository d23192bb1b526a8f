"""Where uploaded files lie: below MEDIA_ROOT, by tenant, under names that nobody can guess."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.tables.errors import FileRefused


@dataclass(frozen=True, slots=True)
class Stored:
    path: str
    sha256: str
    octets: int


def absolute(path: str) -> Path:
    return Path(settings.MEDIA_ROOT) / path


@dataclass(frozen=True, slots=True)
class Uploads:
    """The files of one kind of import.

    Args:
        folder: below MEDIA_ROOT.
        max_octets: larger files are refused.
        kept_for: afterwards they are deleted.
        smaller: what to do about a file that is too large.
    """

    folder: str
    max_octets: int
    kept_for: timedelta
    smaller: str

    def new_path(self, tenant_id: UUID, suffix: str) -> str:
        """A fresh place below MEDIA_ROOT; its folder exists afterwards."""
        path = Path(self.folder) / str(tenant_id) / f"{secrets.token_hex(16)}.{suffix}"
        absolute(str(path)).parent.mkdir(parents=True, exist_ok=True)
        return str(path)

    def store(self, chunks: Iterable[bytes], *, tenant_id: UUID, suffix: str = "csv") -> Stored:
        """Keep an upload.

        Raises:
            FileRefused: `file_too_large`; nothing is kept.
        """
        path, digest, octets = self.new_path(tenant_id, suffix), hashlib.sha256(), 0
        try:
            with absolute(path).open("wb") as file:
                for chunk in chunks:
                    octets += len(chunk)
                    self._check_size(octets)
                    digest.update(chunk)
                    file.write(chunk)
        except FileRefused:
            absolute(path).unlink()
            raise
        return Stored(path, digest.hexdigest(), octets)

    def delete_old(self, now: datetime) -> int:
        """Delete what is older than `kept_for`, files whose import was never committed included; returns how many."""
        limit, count = (now - self.kept_for).timestamp(), 0
        for file in absolute(self.folder).glob("*/*"):
            if file.stat().st_mtime < limit:
                file.unlink(missing_ok=True)
                count += 1
        return count

    def _check_size(self, octets: int) -> None:
        if octets > self.max_octets:
            raise FileRefused(
                "file_too_large", f"The file is larger than {self.max_octets // 1024 // 1024} MB.", self.smaller
            )
