"""Where files of contacts and their rejects lie."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from kernel.tables.uploads import Stored, Uploads, absolute

__all__ = ["KEPT_FOR", "MAX_OCTETS", "Stored", "absolute", "delete_old_files", "new_path", "store"]

MAX_OCTETS: Final = 64 * 1024 * 1024
KEPT_FOR: Final = timedelta(days=7)
UPLOADS: Final = Uploads(
    "imports", MAX_OCTETS, KEPT_FOR, "Remove columns that no message needs, or split it into several files."
)
new_path, store, delete_old_files = UPLOADS.new_path, UPLOADS.store, UPLOADS.delete_old
