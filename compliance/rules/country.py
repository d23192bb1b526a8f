"""What destinations ask: a package per country under this one, found by its name (docs/adding-a-country.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import compliance.rules
from compliance.rules.rule import LinkRule, PairRule

DEFAULT: Final = ""


@dataclass(frozen=True, slots=True)
class Hours:
    """When promotions may be handed over, in the recipient's zone: [opens, closes), the last one at `last`.

    Args:
        closed_days: days of the week without promotions, Monday is 0.
    """

    opens: time
    closes: time
    last: time
    closed_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class CountryPackage:
    """One destination.

    Args:
        country: ISO 3166-1 alpha-2; empty for every country without a package of its own.
        sender_rules: asked about a sender alone as well, in this order; they judge pairs without a template.
        text_rules: what its law wants said in a template's text, and its rules that have a level; asked behind those
            about links.
        optout_words: what a promotional text says about the way out, at least one of them, in small letters.
        duties: what a sender has to register or observe beyond what rules can check; shown to people.
        carries_ids: whether registration ids travel with each message.
    """

    country: str
    name: str
    sender_rules: tuple[PairRule, ...] = ()
    template_rules: tuple[PairRule, ...] = ()
    link_rules: tuple[LinkRule, ...] = ()
    text_rules: tuple[PairRule, ...] = ()
    promotional_hours: Hours | None = None
    optout_words: tuple[str, ...] = ()
    duties: tuple[str, ...] = ()
    carries_ids: bool = False


@cache
def packages() -> Mapping[str, CountryPackage]:
    """Every package under this one that has a `PACKAGE`, by country."""
    found: dict[str, CountryPackage] = {}
    for module in iter_modules(compliance.rules.__path__):
        if module.ispkg:
            package: CountryPackage = import_module(f"compliance.rules.{module.name}").PACKAGE
            if package.country in found:
                raise ValueError(f"two packages for {package.country or 'the default'}")
            found[package.country] = package
    return found


def in_order() -> list[CountryPackage]:
    """By name, that of all other countries last."""
    return sorted(packages().values(), key=lambda package: (package.country == DEFAULT, package.name))


def package_for(country: str) -> CountryPackage:
    """The destination's package, or the default."""
    found = packages()
    return found.get(country) or found[DEFAULT]
