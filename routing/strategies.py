"""How a rule orders its routes: pure functions over ids, weights, ranks and ratings (docs/rules.md#choosing-a-route).

The answer of a rule is a spread: one order for everybody, or SLOTS orders of which a recipient's number picks one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zlib import crc32

from django.db import models

Order = tuple[int, ...]
Spread = tuple[Order, ...]

# A recipient always falls into the same slot, so repeats go the same way; a slot is a tenth of a per cent.
SLOTS: Final = 1000
# Slots whose recipients try a route other than the best, so that a route that got better is noticed: 2 %.
EXPLORING: Final = 20
# Per mille by which a route must be better before it goes in front of one that the plan names earlier.
MARGIN: Final = 20
# Spreads of a thousand orders that are kept; a plan has few different ones.
REMEMBERED: Final = 256


class Strategy(models.TextChoices):
    """In what order a rule's routes are tried."""

    PRIORITY = "priority", "In the order given"
    LEAST_COST = "least_cost", "Cheapest first"
    WEIGHTED = "weighted", "By weight"
    BEST_DELIVERY = "best_delivery", "Best delivery first"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What strategies go by.

    Args:
        ranks: prefix → route → rank of its cost there, the cheapest first; the longest prefix of a number counts.
        ratings: destination prefix → route → delivered of a thousand; routes without enough traffic are missing.
        shunned: routes that take messages but fail at present: they come last.
    """

    ranks: Mapping[str, Mapping[int, int]]
    ratings: Mapping[str, Mapping[int, int]]
    shunned: frozenset[int] = frozenset()

    def width(self, strategy: Strategy) -> int:
        """Digits of a number that the strategy looks at."""
        known = {Strategy.LEAST_COST: self.ranks, Strategy.BEST_DELIVERY: self.ratings}.get(strategy, {})
        return max(map(len, known), default=0)


NOTHING_KNOWN: Final = Knowledge({}, {})


def slot_of(recipient: str) -> int:
    return crc32(recipient.encode()) % SLOTS


def spread(
    strategy: Strategy, routes: Order, weights: Sequence[int], *, digits: str, explores: bool, knowledge: Knowledge
) -> Spread:
    """The orders of a rule's enabled routes for numbers that begin with `digits`.

    Args:
        weights: one for each route, for WEIGHTED; all 0 is the order given.
        explores: whether some recipients may try the second best, for BEST_DELIVERY.
    """
    shunned = knowledge.shunned
    if len(routes) < 2:
        return (routes,)
    if strategy is Strategy.WEIGHTED:
        return by_weight(tuple(zip(routes, weights, strict=True)), shunned)
    if strategy is Strategy.LEAST_COST:
        ranks = longest(knowledge.ranks, digits)
        routes = tuple(sorted(routes, key=lambda route: ranks.get(route, len(ranks) + 1)))
    elif strategy is Strategy.BEST_DELIVERY:
        routes = by_rating(routes, longest(knowledge.ratings, digits))
    best = shunned_last(routes, shunned)
    return exploring(best, shunned) if explores and strategy is Strategy.BEST_DELIVERY else (best,)


def shunned_last(order: Order, shunned: Collection[int]) -> Order:
    """The same order with the shunned routes behind all others."""
    return tuple(sorted(order, key=lambda route: route in shunned))


def longest(by_prefix: Mapping[str, Mapping[int, int]], digits: str) -> Mapping[int, int]:
    """What is known under the longest prefix of `digits`; empty when nothing is."""
    for length in range(len(digits), -1, -1):
        found = by_prefix.get(digits[:length])
        if found is not None:
            return found
    return {}


def by_rating(routes: Order, ratings: Mapping[int, int]) -> Order:
    """Best first. The earlier in the plan goes first while no other is better by MARGIN, and so does the unmeasured."""
    left, ordered = list(routes), []
    while left:
        best = max(ratings.get(route, 0) for route in left)
        chosen = next(route for route in left if ratings.get(route, best) + MARGIN > best)
        left.remove(chosen)
        ordered.append(chosen)
    return tuple(ordered)


@lru_cache(REMEMBERED)
def exploring(best: Order, shunned: frozenset[int]) -> Spread:
    """EXPLORING slots begin with one of the other routes, in turn; the rest with the best."""
    others = [route for route in best[1:] if route not in shunned]
    if not others:
        return (best,)
    tries = [others[slot % len(others)] for slot in range(EXPLORING)]
    moved = {route: (route, *(other for other in best if other != route)) for route in others}
    return (*(moved[route] for route in tries), *[best] * (SLOTS - EXPLORING))


@lru_cache(REMEMBERED)
def by_weight(weights: tuple[tuple[int, int], ...], shunned: frozenset[int] = frozenset()) -> Spread:
    """Every slot's order, from (route, weight). First places are shared out by weight; so is what a lost route leaves.

    Remembered, because a thousand orders for each prefix of a rule that does not look at prefixes would fill memory.
    """
    if not any(weight for _, weight in weights):
        return (shunned_last(tuple(route for route, _ in weights), shunned),)
    orders: list[Order] = [()] * SLOTS
    _deal(list(range(SLOTS)), dict(weights), (), orders)
    same: dict[Order, Order] = {}
    return tuple(same.setdefault(order, order) for order in (shunned_last(each, shunned) for each in orders))


def _deal(slots: Sequence[int], weights: Mapping[int, int], chosen: Order, orders: list[Order]) -> None:
    if not any(weights.values()):
        for slot in slots:
            orders[slot] = (*chosen, *weights)
        return
    total, before, start = sum(weights.values()), 0, 0
    for route, weight in weights.items():
        before += weight
        end = round(len(slots) * before / total)
        if end > start:
            rest = {other: value for other, value in weights.items() if other != route}
            _deal(slots[start:end], rest, (*chosen, route), orders)
        start = end
