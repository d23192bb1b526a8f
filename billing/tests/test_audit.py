"""The books' invariants over random histories, and that the audit sees each breach (docs/adr/0010)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.audit import audit_books, batch_books
from billing.errors import InsufficientCredit
from billing.models import EntryKind, LedgerEntry, Wallet
from billing.services import Line, hold
from billing.settlement import Outcome, Settlement, settle
from billing.tests.builders import NOW, UNIT, make_line, make_wallet, settlement_of
from kernel.db.tenancy import current_tenant_id, platform_context, tenant_context
from kernel.domain.money import MICROS

pytestmark = pytest.mark.django_db
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

outcomes = st.sampled_from(["charge", "release", None])
# Per batch: segments of each message, and what becomes of it; None is still open at the end.
batches = st.lists(st.lists(st.tuples(st.integers(1, 3), outcomes), min_size=1, max_size=5), max_size=6)
Messages = Sequence[tuple[int, Outcome | None]]


def line_for(messages: Messages) -> Line:
    return make_line(messages=len(messages), segments=sum(segments for segments, _ in messages))


def settlements_for(line: Line, messages: Messages) -> list[Settlement]:
    return [settlement_of(line, end, messages=1, segments=size) for size, end in messages if end is not None]


@FEW
@given(batches, st.integers(0, 5), st.randoms(use_true_random=False))
def test_any_history_keeps_the_books(history: list[Messages], rupees: int, chance: Any) -> None:
    with tenant_context(uuid4()):
        make_wallet(rupees, credit_limit_micros=MICROS)
        accepted = []
        for messages in history:
            line = line_for(messages)
            try:
                hold(lines=[line], now=NOW)
            except InsufficientCredit:
                assert line.micros > Wallet.objects.get().available_micros
            else:
                accepted += settlements_for(line, messages)
            assert Wallet.objects.get().available_micros >= 0
        chance.shuffle(accepted)
        for each in accepted:
            settle(settlements=[each], now=NOW)
        check_sums(accepted)
        assert audit_books(current_tenant_id()) == []


def check_sums(settled: Sequence[Settlement]) -> None:
    wallet, sums = Wallet.objects.get(), LedgerEntry.objects.aggregate(b=Sum("amount_micros"), h=Sum("held_micros"))
    assert (wallet.balance_micros, wallet.held_micros) == (sums["b"] or 0, sums["h"] or 0)
    books = list(batch_books(current_tenant_id()))
    assert sum(book.open_micros for book in books) == wallet.held_micros
    assert all(book.open_micros >= 0 and book.open_messages >= 0 for book in books)
    assert sum(book.charged_micros for book in books) == sum(
        each.micros for each in settled if each.outcome == "charge"
    )


def test_the_order_of_outcomes_does_not_change_the_sums() -> None:
    messages: Messages = [(1, "charge"), (2, "release"), (3, "charge")]
    ends = set()
    for order in permutations(range(3)):
        with tenant_context(uuid4()):
            make_wallet(10)
            line = line_for(messages)
            hold(lines=[line], now=NOW)
            for index in order:
                settle(settlements=settlements_for(line, messages)[index : index + 1], now=NOW)
            wallet = Wallet.objects.get()
            ends.add((wallet.balance_micros, wallet.held_micros))
    assert ends == {(10 * MICROS - 4 * UNIT, 0)}


def test_a_closed_batch_has_nothing_open() -> None:
    with tenant_context(uuid4()):
        make_wallet(10)
        line = make_line(messages=2, segments=2)
        hold(lines=[line], now=NOW)
        settle(settlements=[settlement_of(line, end, messages=1, segments=1) for end in ("charge", "release")], now=NOW)
        (book,) = batch_books(current_tenant_id())
    assert (book.batch_id, book.held_micros, book.open_micros, book.open_messages) == (line.batch_id, 2 * UNIT, 0, 0)


def found(tenant_id: UUID) -> list[tuple[str, int, int]]:
    with platform_context(reason="test of the audit"):
        return sorted((each.code, each.expected, each.found) for each in audit_books(tenant_id))


def test_a_wallet_that_strays_from_its_ledger_is_seen() -> None:
    tenant_id = uuid4()
    with tenant_context(tenant_id):
        make_wallet(10)
        Wallet.objects.update(balance_micros=11 * MICROS, held_micros=5)
    assert found(tenant_id) == [("balance", 10 * MICROS, 11 * MICROS), ("held", 0, 5)]


def test_a_message_that_is_settled_twice_is_seen_though_the_wallet_still_holds_enough() -> None:
    tenant_id = uuid4()
    with tenant_context(tenant_id):
        make_wallet(10)
        line = make_line(messages=1, segments=1)
        hold(lines=[line, make_line()], now=NOW)
        for _ in range(2):
            settle(settlements=[settlement_of(line, "charge", messages=1, segments=1)], now=NOW)
    assert found(tenant_id) == [("batch_overdrawn", 0, -UNIT)]


def test_a_message_that_is_settled_at_another_destination_than_held_is_seen() -> None:
    tenant_id = uuid4()
    with tenant_context(tenant_id):
        make_wallet(10)
        line = make_line(messages=1, segments=1)
        hold(lines=[line], now=NOW)
        elsewhere = make_line(line.batch_id, messages=1, segments=1, destination="977")
        settle(settlements=[settlement_of(elsewhere, "charge", messages=1, segments=1)], now=NOW)
    assert found(tenant_id) == [("batch_overdrawn", 0, -UNIT)]


def test_a_refund_above_the_charge_and_entries_without_a_wallet_are_seen() -> None:
    tenant_id = uuid4()
    with tenant_context(tenant_id):
        LedgerEntry.objects.create(kind=EntryKind.REFUND, amount_micros=5, batch_id=uuid4(), at=NOW)
    assert found(tenant_id) == [("no_wallet", 1, 0), ("refund_above_charge", 0, -5)]


def test_held_money_that_belongs_to_no_batch_is_seen() -> None:
    tenant_id = uuid4()
    with tenant_context(tenant_id):
        make_wallet(10)
        hold(lines=[make_line(messages=1, segments=1)], now=NOW)
        Wallet.objects.update(held_micros=0)
    assert found(tenant_id) == [("held", UNIT, 0)]


def test_the_audit_of_one_tenant_does_not_count_another() -> None:
    with tenant_context(uuid4()):
        make_wallet(10)
        Wallet.objects.update(balance_micros=1)
    other = uuid4()
    with tenant_context(other):
        make_wallet(10)
        assert list(batch_books(other)) == []
    assert found(other) == []
