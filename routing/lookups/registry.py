"""All kinds of look-up: the built-in ones and those that packages register as entry points `dakiya.lookups`.

An entry point names an object or a class without arguments: `mnp = "mnp_plugin:MnpLookup"`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Final

from routing.errors import UnknownLookup
from routing.lookups.contract import Lookup
from routing.lookups.http import HttpLookup
from routing.lookups.simulator import SimulatorLookup

GROUP: Final = "dakiya.lookups"


@cache
def lookups() -> dict[str, Lookup]:
    """Kind → look-up.

    Raises:
        RuntimeError: two claim one kind; the message names both.
    """
    found: dict[str, Lookup] = {}
    built_in: list[Lookup] = [HttpLookup(), SimulatorLookup()]
    for each in built_in + _installed():
        if each.kind in found:
            rivals = f"{type(found[each.kind]).__qualname__} and {type(each).__qualname__}"
            raise RuntimeError(f"{rivals} both claim the look-up kind {each.kind!r}: uninstall one")
        found[each.kind] = each
    return found


def lookup(kind: str) -> Lookup:
    """The look-up of a kind.

    Raises:
        UnknownLookup: none is installed.
    """
    found = lookups().get(kind)
    if found is None:
        raise UnknownLookup(kind, sorted(lookups()))
    return found


def _installed() -> list[Lookup]:
    loaded = [entry.load() for entry in entry_points(group=GROUP)]
    return [candidate() if isinstance(candidate, type) else candidate for candidate in loaded]
