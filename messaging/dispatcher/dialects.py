"""What this process learns of operators' habits from their receipts, and what it makes of what all have learnt.

A handful of receipts of each flush is looked at, so a receipt more costs nothing; only how ids are written is counted
for every one, by the flush. What was counted goes to the database every two seconds (routing.services.dialects).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final

from kernel.domain.clock import utc_now
from kernel.smpp.message_ids import READERS, Notation, normalise_id, notation_of, shape_of, spelling_of
from kernel.smpp.receipt_dates import DateForm, read_date
from kernel.smpp.receipts import Receipt
from messaging.dispatcher.flight import Job
from messaging.dispatcher.news import Known
from routing.contract import IncomingReceipt
from routing.dialects import (
    ENOUGH,
    MARKED,
    NOTHING,
    SHARE,
    STRAIGHT,
    SWAPPED,
    UNMARKED,
    Count,
    Habit,
    Place,
    is_learnt,
    tallies,
)

# Receipts of a flush that are looked at: more of them while the route is new.
LOOKS: Final = 4
LOOKS_AT_FIRST: Final = 16
AT_FIRST: Final = 4 * ENOUGH
# After so many receipts it is asked anew whether they still agree with what was learnt.
WINDOW: Final = 200
# Only a receipt that came this soon tells the operator's clock from the time of arrival.
SOON_S: Final = 60.0
_QUARTER_S: Final = 900
_TAIL: Final = 8
_CLOCKS: Final = frozenset({DateForm.MINUTES, DateForm.SECONDS, DateForm.CENTURY})
_ROUTE: Final = itemgetter(0)
Key = tuple[int, str, str]


class Dialects:
    """
    Attributes:
        readers: route → key of an id, where ids are known to be written otherwise than in answers.
        accepting: routes whose operators' last word is ACCEPTD.
        inferring: routes whose operators send one receipt for all parts.
    """

    def __init__(self) -> None:
        self.readers: dict[int, Callable[[str], str]] = {}
        self.accepting: set[int] = set()
        self.inferring: set[int] = set()
        self._learnt: dict[int, Notation] = {}
        self._windows: dict[int, list[int]] = {}
        self._counts: Counter[Key] = Counter()
        self._samples: dict[Key, str] = {}
        self._looked: Counter[int] = Counter()
        self._unlearnt: set[int] = set()

    # -- counting

    def look(self, incoming: Sequence[tuple[int, IncomingReceipt]], known: Mapping[int, Known], now: float) -> None:
        """Look at some receipts of a flush whose messages are in memory."""
        at, seen = utc_now(), Counter[int]()
        for route_id, (receipt, source, destination, _) in incoming[:LOOKS_AT_FIRST]:
            seen[route_id] += 1
            is_enough = self._looked[route_id] >= AT_FIRST and seen[route_id] > LOOKS
            if is_enough or not receipt.ids or receipt.intermediate:
                continue
            told = receipt.ids[0]
            key = self.readers.get(route_id, normalise_id)(told)
            there = known[route_id]
            if key not in there.jobs:
                continue
            job, _part = there.jobs[key]
            self._looked[route_id] += 1
            sample = sample_of(receipt, source)
            for habit, value in _habits(receipt, destination, job, at, now - job.sent_at):
                self._add(route_id, habit, value, sample)
            if job.parts == 1 and key == normalise_id(told):
                self._add(route_id, Habit.SPELLING, spelling_of(told, there.raws.get(key, key)), sample)

    def matched(self, used: Iterable[tuple[int, str]], others: Iterable[tuple[int, str, str]]) -> None:
        """
        Args:
            used: (route, key) of receipts that were found as the route's notation says.
            others: (route, key of the receipt, key of the answer) of those found in another way.
        """
        for route_id, count in Counter(map(_ROUTE, used)).items():
            self._note(route_id, self._learnt.get(route_id, Notation.SAME), count)
        for route_id, told, stored in others:
            notation = notation_of(told, stored)
            if notation is not None:
                self._note(route_id, notation, 1)

    def progress(self, route_id: int, receipt: Receipt, source: str) -> None:
        """A receipt that ends nothing."""
        self._add(route_id, Habit.PROGRESS, receipt.stat.upper()[:16] or NOTHING, sample_of(receipt, source))

    def repeated(self, repeats: Iterable[tuple[int, str]]) -> None:
        """(route, routing.dialects.Repeat) of receipts that changed nothing."""
        for route_id, repeat in repeats:
            self._add(route_id, Habit.REPEATS, repeat, "")

    def _add(self, route_id: int, habit: str, value: str, sample: str) -> None:
        key = route_id, str(habit), str(value)
        self._counts[key] += 1
        if key not in self._samples:
            self._samples[key] = sample

    def _note(self, route_id: int, notation: Notation, count: int) -> None:
        self._counts[route_id, Habit.NOTATION.value, notation.value] += count
        learnt = self._learnt.get(route_id)
        if learnt is None:
            return
        window = self._windows.setdefault(route_id, [0, 0])
        window[notation is learnt] += count
        if sum(window) >= WINDOW:
            against, agreeing = self._windows.pop(route_id)
            if agreeing < SHARE * (against + agreeing):
                self._unlearn(route_id)

    def _unlearn(self, route_id: int) -> None:
        self._believe(route_id, None)
        self._unlearnt.add(route_id)
        for key in [key for key in self._counts if key[0] == route_id and key[1] == Habit.NOTATION]:
            del self._counts[key]

    # -- to and from the database

    def take(self) -> tuple[dict[int, list[Count]], set[int]]:
        """Counts since the last time by route, and routes whose notation must be forgotten before they are added."""
        at = utc_now()
        counts, samples, unlearnt = self._counts, self._samples, self._unlearnt
        self._counts, self._samples, self._unlearnt = Counter(), {}, set()
        found: dict[int, list[Count]] = {}
        for (route_id, habit, value), receipts in counts.items():
            sample = samples.get((route_id, habit, value), "")
            found.setdefault(route_id, []).append(Count(habit, _clean(value)[:64], receipts, at, at, sample))
        return found, unlearnt

    def believe(self, routes: Iterable[int], counts: Mapping[int, Sequence[Count]]) -> None:
        """What all dispatchers have counted, for the routes of this one."""
        for route_id in routes:
            found = tallies(counts.get(route_id, ()), Habit.NOTATION)
            best = next(iter(found), "")
            is_habit = is_learnt(found.get(best, 0), sum(found.values()))
            self._believe(route_id, Notation(best) if is_habit else None)

    def _believe(self, route_id: int, notation: Notation | None) -> None:
        if notation is self._learnt.get(route_id):
            return
        self._windows.pop(route_id, None)
        self._learnt.pop(route_id, None)
        self.readers.pop(route_id, None)
        if notation is not None:
            self._learnt[route_id] = notation
            if notation is not Notation.SAME:
                self.readers[route_id] = READERS[notation]


def sample_of(receipt: Receipt, source: str) -> str:
    """A receipt as it was read, for people: nothing of the sender's text, and of the number its ends."""
    fields = {
        "from": masked(source),
        "id": " and ".join(receipt.ids),
        "sub": receipt.sub,
        "dlvrd": receipt.dlvrd,
        "submit date": receipt.submit_at_raw,
        "done date": receipt.done_at_raw,
        "stat": receipt.stat,
        "err": receipt.err,
    }
    return _clean(" ".join(f"{name}:{value}" for name, value in fields.items() if value))[:255]


def masked(number: str) -> str:
    """The ends of a number; a name stays what it is."""
    return f"{number[:4]}…{number[-2:]}" if len(number) > 7 and number.lstrip("+").isdigit() else number


def _clean(text: str) -> str:
    return text.replace("\0", "")


def _habits(receipt: Receipt, destination: str, job: Job, at: datetime, waited_s: float) -> Iterable[tuple[str, str]]:
    yield Habit.MARK, UNMARKED if receipt.unmarked else MARKED
    yield Habit.PLACE, _place(receipt)
    yield Habit.SHAPE, shape_of(normalise_id(receipt.ids[0]))
    is_straight = destination[-_TAIL:] == job.recipient[-_TAIL:]
    yield Habit.ADDRESSES, STRAIGHT if is_straight else SWAPPED
    if receipt.stat.isdigit():
        return  # no text, so neither fields nor dates
    yield Habit.MISSING, ", ".join(name for name, value in _fields(receipt) if not value) or NOTHING
    form, done = read_date(receipt.done_at_raw, now=at)
    yield Habit.DATE, form
    if done is not None and form in _CLOCKS and waited_s < SOON_S:
        off_s = (done - at).total_seconds()
        quarters = round(off_s / _QUARTER_S)
        minutes = abs(quarters) * 15
        yield Habit.ZONE, f"{'-' if quarters < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
        # Dates without seconds are up to a minute behind, and so are receipts.
        rest_s = off_s - quarters * _QUARTER_S
        yield Habit.CLOCK, "0" if abs(rest_s) <= 2 * SOON_S else f"{rest_s / 60:.0f}"


def _place(receipt: Receipt) -> Place:
    if len(receipt.ids) > 1:
        return Place.BOTH
    return Place.PARAMETERS if receipt.stat.isdigit() else Place.TEXT


def _fields(receipt: Receipt) -> Iterable[tuple[str, str]]:
    yield "sub", receipt.sub
    yield "dlvrd", receipt.dlvrd
    yield "submit date", receipt.submit_at_raw
    yield "done date", receipt.done_at_raw
    yield "err", receipt.err
