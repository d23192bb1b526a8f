"""All kinds of provider: the built-in ones and those that packages register as entry points `dakiya.providers`.

An entry point names a provider object or a class without arguments: `carrier = "carrier_plugin:CarrierProvider"`.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points
from typing import Final

from routing.contract import Provider
from routing.errors import UnknownProvider
from routing.providers.http import HttpProvider
from routing.providers.simulator import SimulatorProvider
from routing.providers.smpp import SmppProvider

GROUP: Final = "dakiya.providers"


@cache
def providers() -> dict[str, Provider]:
    """Kind → provider.

    Raises:
        RuntimeError: two providers claim one kind; the message names both.
    """
    found: dict[str, Provider] = {}
    built_in: list[Provider] = [SmppProvider(), HttpProvider(), SimulatorProvider()]
    for provider in built_in + _installed():
        if provider.kind in found:
            rivals = f"{type(found[provider.kind]).__qualname__} and {type(provider).__qualname__}"
            raise RuntimeError(f"{rivals} both claim the provider kind {provider.kind!r}: uninstall one")
        found[provider.kind] = provider
    return found


def provider(kind: str) -> Provider:
    """The provider of a kind.

    Raises:
        UnknownProvider: none is installed.
    """
    found = providers().get(kind)
    if found is None:
        raise UnknownProvider(kind, sorted(providers()))
    return found


def _installed() -> list[Provider]:
    loaded = [entry.load() for entry in entry_points(group=GROUP)]
    return [candidate() if isinstance(candidate, type) else candidate for candidate in loaded]
