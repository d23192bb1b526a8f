"""Shares of routes: as even as whole numbers are, never above the contract, moved step by step."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.db.dsn import conninfo
from kernel.db.locks import DISPATCHER_LOCK
from routing.leases import NONE, Capacity, Shares, SharesLost, even_shares, release_shares, take_shares
from routing.models import RouteShare
from routing.statuses import Lane
from routing.tests.builders import make_route
from tests.waiting import until


class Holder:
    """A dispatcher that opens what it may, at once, and closes it at the next question."""

    def __init__(self, name: str, route_id: int, contract: Capacity) -> None:
        self.name = name
        self.route_id = route_id
        self.contract = contract
        self.use = NONE
        self.connection = psycopg.connect(conninfo(), autocommit=True)
        self.connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", [DISPATCHER_LOCK, name])

    def ask(self, *, lease_s: float = 30.0) -> Shares:
        shares = take_shares(
            lane=Lane.BULK,
            holder=self.name,
            contracts={self.route_id: self.contract},
            uses={self.route_id: self.use},
            lease_s=lease_s,
        )
        self.use = shares.usable.get(self.route_id, NONE)
        return shares

    def die(self) -> None:
        self.connection.close()


@pytest.fixture
def three(db: None) -> Iterator[list[Holder]]:
    route = make_route()
    holders = [Holder(f"host:{n}", route.pk, Capacity(5, 100)) for n in range(3)]
    yield holders
    for holder in holders:
        holder.die()


def in_table() -> Capacity:
    rows = RouteShare.objects.values_list("binds", "tps")
    return Capacity(sum(binds for binds, _ in rows), sum(tps for _, tps in rows))


@given(binds=st.integers(1, 40), tps=st.integers(0, 500), count=st.integers(0, 12), route_id=st.integers(1, 99))
def test_even_shares_are_the_whole_contract_and_differ_by_one_bind(
    binds: int, tps: int, count: int, route_id: int
) -> None:
    shares = even_shares(route_id, Capacity(binds, tps), [f"host:{n}" for n in range(count)])
    assert len(shares) == min(count, binds, tps or binds)
    if shares:
        numbers = [share.binds for share in shares.values()]
        assert (sum(numbers), max(numbers) - min(numbers) <= 1) == (binds, True)
        assert sum(share.tps for share in shares.values()) == tps
        assert not tps or min(share.tps for share in shares.values()) >= 1


def test_single_binds_of_neighbouring_routes_go_to_different_dispatchers() -> None:
    chosen = [list(even_shares(route_id, Capacity(1, 10), ["a", "b", "c"])) for route_id in (1, 2, 3)]
    assert sorted(chosen) == [["a"], ["b"], ["c"]]


def test_the_first_has_everything_and_a_second_one_gets_its_half_when_the_first_has_parted_with_it(
    three: list[Holder],
) -> None:
    first, second, _ = three
    first.ask()
    assert first.use == Capacity(5, 100)
    waiting = second.ask()
    assert (second.use, waiting.is_settled) == (NONE, False)
    assert not first.ask().is_settled
    assert second.ask().usable == {}
    first.ask()
    second.ask()
    assert sorted([first.use, second.use]) == [Capacity(2, 41), Capacity(3, 59)]
    assert (first.ask().is_settled, second.ask().is_settled) == (True, True)


def test_whatever_happens_no_more_is_shared_out_than_the_contract_has(three: list[Holder]) -> None:
    for turn in range(12):
        asking = three[: 1 + turn // 3]
        for holder in asking[:3]:
            holder.ask()
            assert all(shared <= agreed for shared, agreed in zip(in_table(), Capacity(5, 100), strict=True))
            assert sum(each.use.binds for each in three) <= 5
            assert sum(each.use.tps for each in three) <= 100
    assert sorted(each.use.binds for each in three) == [1, 2, 2]
    assert in_table() == Capacity(5, 100)


def test_what_a_dead_one_had_is_taken_at_the_next_question(three: list[Holder]) -> None:
    first, second, _ = three
    for _ in range(4):
        first.ask()
        second.ask()
    second.die()
    # The server takes a moment to see that the connection is gone.
    until(lambda: first.ask().usable[first.route_id] == Capacity(5, 100))


def test_who_does_not_renew_in_time_has_lost_its_share_and_is_told(three: list[Holder]) -> None:
    first, second, _ = three
    first.ask(lease_s=-1)
    second.ask()
    assert second.use == Capacity(5, 100)
    with pytest.raises(SharesLost):
        first.ask()


def test_a_contract_of_fewer_binds_than_dispatchers_leaves_one_without(three: list[Holder]) -> None:
    for holder in three:
        holder.contract = Capacity(2, 0)
    for _ in range(4):
        for holder in three:
            holder.ask()
    assert sorted(each.use for each in three) == [NONE, Capacity(1, 0), Capacity(1, 0)]
    assert all(each.ask().is_settled for each in three)


def test_who_leaves_in_order_leaves_nothing_behind(three: list[Holder]) -> None:
    three[0].ask()
    release_shares(lane=Lane.BULK, holder=three[0].name)
    assert not RouteShare.objects.exists()
