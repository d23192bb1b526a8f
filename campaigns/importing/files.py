"""Where uploaded files and their rejects lie: below MEDIA_ROOT, by tenant, under names that nobody can guess."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

from campaigns.errors import FileRefused

MAX_OCTETS: Final = 64 * 1024 * 1024
KEPT_FOR: Final = timedelta(days=7)
_FOLDER: Final = "imports"


@dataclass(frozen=True, slots=True)
class Stored:
    path: str
    sha256: str
    octets: int


def absolute(path: str) -> Path:
    return Path(settings.MEDIA_ROOT) / path


def new_path(tenant_id: UUID, suffix: str) -> str:
    """A fresh place below MEDIA_ROOT; its folder exists afterwards."""
    path = Path(_FOLDER) / str(tenant_id) / f"{secrets.token_hex(16)}.{suffix}"
    absolute(str(path)).parent.mkdir(parents=True, exist_ok=True)
    return str(path)


def store(chunks: Iterable[bytes], *, tenant_id: UUID) -> Stored:
    """Keep an upload.

    Raises:
        FileRefused: `file_too_large`; nothing is kept.
    """
    path, digest, octets = new_path(tenant_id, "csv"), hashlib.sha256(), 0
    try:
        with absolute(path).open("wb") as file:
            for chunk in chunks:
                octets += len(chunk)
                _check_size(octets)
                digest.update(chunk)
                file.write(chunk)
    except FileRefused:
        absolute(path).unlink()
        raise
    return Stored(path, digest.hexdigest(), octets)


def _check_size(octets: int) -> None:
    if octets > MAX_OCTETS:
        raise FileRefused(
            "file_too_large",
            f"The file is larger than {MAX_OCTETS // 1024 // 1024} MB.",
            "Remove columns that no message needs, or split it into several files.",
        )


def delete_old_files(now: datetime) -> int:
    """Delete whatever is older than KEPT_FOR, files whose import was never committed included; returns how many."""
    folder, limit, count = absolute(_FOLDER), (now - KEPT_FOR).timestamp(), 0
    for file in folder.glob("*/*"):
        if file.stat().st_mtime < limit:
            file.unlink(missing_ok=True)
            count += 1
    return count
