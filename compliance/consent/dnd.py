"""Where preferences come from: sources of numbers that want no promotion, or none of some categories.

Built in is the file. A package adds a source by an entry point of the group `dakiya.dnd_sources` that names an object
like `DndSource`, or a class without arguments; what it yields replaces what the tenant had from it, all at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Final, NamedTuple, Protocol

from compliance.consent.statuses import PREFERENCES
from compliance.errors import InvalidDndFile

GROUP: Final = "dakiya.dnd_sources"
FILE: Final = "file"
_SEPARATORS: Final = re.compile(r"[\s,;|/+#]+")
_FULL: Final = frozenset({"", "0", "full", "fully", "all", "y", "yes", "dnd"})
_NONE: Final = frozenset({"n", "no", "none"})


class Preference(NamedTuple):
    """A number as its source writes it, and the categories that it blocks as bits; bit 0 is everything."""

    number: str
    blocked: int


class DndSource(Protocol):
    @property
    def name(self) -> str:
        """Stored beside what came from it: short, lower case, for ever."""

    @property
    def label(self) -> str:
        """For people."""

    def preferences(self, settings: Mapping[str, str]) -> Iterable[Preference]:
        """All numbers that block anything: asked when a tenant begins to use the source, and daily from then on.

        Args:
            settings: `tenant`, whose register it is, and `region`, the country of numbers without country code.

        Raises:
            InvalidDndFile: it cannot be read; what was there before stays.
        """


class FileSource:
    """Rows of a table: a number, and categories as `0`–`8`, several with anything between; empty is everything."""

    name = FILE
    label = "Uploaded file"

    def preferences(self, settings: Mapping[str, str]) -> Iterable[Preference]:
        """Files come by an upload, never by a schedule: `rows_of` reads them."""
        return ()

    def rows_of(self, rows: Iterable[tuple[int, str, str]]) -> Iterator[Preference]:
        """Preferences of (line, number, categories); those that block nothing are left out.

        Raises:
            InvalidDndFile: `unknown_category`, with the line.
        """
        for line, number, categories in rows:
            blocked = read_categories(categories, line)
            if blocked:
                yield Preference(number, blocked)


def read_categories(cell: str, line: int) -> int:
    """Bits of a cell with categories.

    Raises:
        InvalidDndFile: `unknown_category`.
    """
    text = cell.strip().casefold()
    if text in _FULL:
        return 1
    if text in _NONE:
        return 0
    bits = 0
    for each in filter(None, _SEPARATORS.split(text)):
        if not (each.isascii() and each.isdigit() and int(each) in PREFERENCES):
            raise InvalidDndFile(
                "unknown_category",
                f"Line {line} names the category “{each[:20]}”; there are 0 to 8.",
                "Correct the line and upload the file again; nothing of it was applied.",
                line=line,
            )
        bits |= 1 << int(each)
    return bits


@cache
def sources() -> dict[str, DndSource]:
    """Name → source.

    Raises:
        RuntimeError: two sources claim one name.
    """
    found: dict[str, DndSource] = {}
    loaded = [entry.load() for entry in entry_points(group=GROUP)]
    installed: list[DndSource] = [each() if isinstance(each, type) else each for each in loaded]
    for source in [FileSource(), *installed]:
        if source.name in found:
            raise RuntimeError(f"two packages claim the source of preferences {source.name!r}: uninstall one")
        found[source.name] = source
    return found
