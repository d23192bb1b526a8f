"""What must be true after a seed; each problem is a sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from kernel.domain.traffic import TrafficClass
from messaging.statuses import FINAL_FROM, Status, Term
from routing.smsc.journal import Mark, read
from tests.chaos.traffic import Traffic
from tests.fixtures.stack import Stack

# Tables that have just been filled have no statistics yet: without loops no plan for them is a bad one.
_NO_LOOPS: Final = "SET LOCAL enable_nestloop = off"
# Of one kind of problem.
NAMED: Final = 5
_ROWS_SQL: Final = """
SELECT m.id::text, m.recipient, m.status, m.traffic_class, m.segments, coalesce(m.operator_code, ''),
    coalesce(m.error_code, ''),
    EXISTS (SELECT FROM operator_ids o WHERE o.tenant_id = m.tenant_id AND o.message_id = m.id AND o.parts > 0),
    EXISTS (SELECT FROM operator_ids o WHERE o.tenant_id = m.tenant_id AND o.message_id = m.id AND o.operator_key <> ''
              AND o.parts > 0)
FROM messages m WHERE m.recipient >= %s AND m.recipient < %s"""
# A join with what is unnested has no good plan.
_PAID_SQL: Final = "SELECT ids::text[] FROM message_events WHERE {column} > 0 AND at >= %s"
_UNMATCHED_SQL: Final = """
SELECT DISTINCT '+' || ltrim(recipient, '+') FROM unmatched_receipts
WHERE '+' || ltrim(recipient, '+') >= %s AND '+' || ltrim(recipient, '+') < %s"""
# Ended by us, before an operator had it: nobody pays, so nobody may have got it.
_OWN_ENDS: Final = frozenset({Status.EXPIRED, Status.REJECTED, Status.FAILED, Status.BLOCKED, Status.CANCELLED})


class Row(NamedTuple):
    """`is_counted`: as submitted. `has_id`: of an operator."""

    id: str
    recipient: str
    status: int
    traffic_class: int
    segments: int
    operator_code: str
    error_code: str
    is_counted: bool
    has_id: bool

    @property
    def is_waiting(self) -> bool:
        return self.status < FINAL_FROM

    @property
    def ended_here(self) -> bool:
        return self.status in _OWN_ENDS and not self.operator_code.startswith("stat:")


@dataclass
class Operator:
    """What the operator's journal says of a seed: per number and part how often it was taken, and receipts."""

    taken: Counter[tuple[str, int]] = field(default_factory=Counter)
    unanswered: int = 0
    cuts: int = 0
    acknowledged: Counter[str] = field(default_factory=Counter)

    @property
    def duplicates(self) -> int:
        return sum(count - 1 for count in self.taken.values())


def operator_of(stack: Stack, traffic: Traffic, offset: int) -> Operator:
    found = Operator()
    for mark, digits, part in read(stack.journal, offset):
        number = "+" + digits.removeprefix("+")
        if mark is Mark.CUT:
            found.cuts += 1
        elif not traffic.low <= number < traffic.high:
            continue
        elif mark is Mark.ACKNOWLEDGED:
            found.acknowledged[number] += 1
        else:
            found.taken[number, part] += 1
            found.unanswered += mark is Mark.UNANSWERED
    return found


def rows_of(stack: Stack, traffic: Traffic) -> list[Row]:
    return [Row(*row) for row in stack.rows(_ROWS_SQL, [traffic.low, traffic.high], before=_NO_LOOPS)]


def nothing_lost(
    rows: Iterable[Row], promised: Mapping[str, str], refused: Iterable[str], operator: Operator
) -> Iterator[str]:
    """Every promise has its row, nobody has two, and nobody got what was refused."""
    by_recipient: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_recipient[row.recipient].append(row)
    yield from _some(
        "was promised and is not there",
        (to for to, ident in promised.items() if ident not in {row.id for row in by_recipient[to]}),
    )
    yield from _some("has several messages", (to for to, members in by_recipient.items() if len(members) > 1))
    reached = {number for number, _ in operator.taken}
    yield from _some("was refused and reached the operator", reached & set(refused))
    yield from _some("reached the operator without a message", (to for to in reached if to not in by_recipient))


def nothing_forgotten(stack: Stack, traffic: Traffic, rows: Iterable[Row], operator: Operator) -> Iterator[str]:
    """Ends are true to what the operator saw, and what it was told that we know is known."""
    unmatched = {number for (number,) in stack.rows(_UNMATCHED_SQL, [traffic.low, traffic.high])}
    first = {number for number, _ in operator.taken}
    single = [row for row in rows if row.segments == 1]
    yield from _some(
        "is delivered and never reached the operator",
        (row.recipient for row in rows if row.status == Status.DELIVERED and row.recipient not in first),
    )
    yield from _some(
        "ended here without a charge and the operator has it",
        (f"{row.recipient} ({Status(row.status).label}, {row.error_code})"
         for row in single if row.ended_here and not row.is_counted and row.recipient in first),
    )  # fmt: skip
    yield from _some(
        "has an acknowledged receipt that is nowhere",
        (
            row.recipient
            for row in single
            if row.is_waiting and operator.acknowledged[row.recipient] and row.recipient not in unmatched
        ),
    )
    yield from _some(
        "waits and was never handed over", (r.recipient for r in rows if r.is_waiting and not r.is_counted)
    )


def nothing_paid_twice(stack: Stack, since: datetime) -> Iterator[str]:
    """Args: since: before the first event of the seed."""
    for column, words in (("charged_micros", "was charged"), ("cost_micros", "counts as submitted")):
        times = Counter[str]()
        for (ids,) in stack.rows(_PAID_SQL.format(column=column), [since]):
            times.update(ids)
        yield from _some(f"{words} more than once", (ident for ident, count in times.items() if count > 1))
    done = stack.manage("audit_books", timeout_s=600)
    if done.returncode:
        yield f"the books differ: {done.stderr[-600:]}"


def campaign_adds_up(bar: Mapping[str, Any], people: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """Everybody is in the target, the target is the sum of the terms, and nobody waits.

    Args:
        bar: empty for a campaign that was cancelled before it began, of which nobody may have a message.
    """
    whose = set(people)
    written = sum(row.recipient in whose for row in rows)
    if not bar:
        yield from ["a campaign without a run has messages"] if written else []
        return
    target, terms = bar["target"], bar["terms"]
    if target != len(people) or sum(terms.values()) != target or min(terms.values()) < 0 or written > target:
        yield f"the bar of a campaign of {len(people)} people, {written} of them written to, says {bar}"
    elif terms[Term.WAITING.value]:
        yield f"a campaign waits for {terms[Term.WAITING.value]}"


def in_doubt(rows: Iterable[Row]) -> Counter[str]:
    """Waiting messages by what the operator could tell: class of those without an id, `silent` with one."""
    return Counter(
        "silent" if row.has_id else TrafficClass(row.traffic_class).label
        for row in rows
        if row.is_waiting and row.is_counted
    )


def finals(rows: Iterable[Row]) -> dict[str, int]:
    return dict(sorted(Counter(Status(row.status).label for row in rows).items()))


def _some(words: str, whom: Iterable[str]) -> Iterator[str]:
    found = sorted(whom)
    if found:
        yield f"{len(found)} x {words}: {', '.join(found[:NAMED])}"
