"""What every provider must do, whoever wrote it: each kind is run through the same stories.

A package that brings a provider adds a `Case` of its own, or runs this file against it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django import forms

from routing.contract import IN_DOUBT, NOT_SENT, Link, Outgoing, Provider, RouteConfig
from routing.providers.simulator import SimulatorProvider
from routing.providers.smpp import SmppProvider
from routing.registry import providers
from routing.smsc.server import Simulator
from routing.smsc.settings import Settings
from routing.tests.builders import Ear, make_config, outgoing, smpp_config, stride
from routing.tests.stage import FAST


@dataclass(frozen=True)
class Case:
    """A provider, and how to have an operator for it that obeys the numbers of docs/smsc-simulator.md."""

    provider: Provider
    operator: Callable[[], AbstractAsyncContextManager[Callable[..., RouteConfig]]]


@asynccontextmanager
async def smpp_operator() -> AsyncIterator[Callable[..., RouteConfig]]:
    smsc = Simulator(settings=Settings(receipt_delay_ms=0))
    await smsc.start(control_port=None)
    yield lambda **changes: smpp_config(smsc.port, **changes)
    await smsc.stop()


@asynccontextmanager
async def no_operator() -> AsyncIterator[Callable[..., RouteConfig]]:
    yield make_config


CASES = {
    "smpp": Case(SmppProvider(FAST), smpp_operator),
    "simulator": Case(SimulatorProvider(), no_operator),
}
every_provider = pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
Story = Callable[[Link, Ear], Awaitable[None]]


def play(case: Case, story: Story, made: list[RouteConfig] | None = None, **config: Any) -> None:
    """
    Args:
        made: takes the configuration the link was opened with.
    """

    async def run() -> None:
        async with case.operator() as configure:
            ear = Ear()
            configured = configure(**config)
            if made is not None:
                made.append(configured)
            link = await case.provider.open(configured, ear)
            try:
                await ear.until(lambda: link.gauge().binds_up)
                await story(link, ear)
            finally:
                await link.close()

    asyncio.run(run())


def numbered(count: int, **changes: Any) -> list[Outgoing]:
    return [outgoing(number, f"+9198{number:08d}", **changes) for number in range(count)]


def test_every_installed_provider_is_put_to_the_test() -> None:
    assert set(providers()) == set(CASES)


@every_provider
def test_a_provider_names_itself_its_settings_and_its_secrets(case: Case) -> None:
    provider = case.provider
    form = provider.settings_form()
    assert provider.kind == provider.kind.lower().strip()
    assert provider.label
    assert isinstance(form, forms.Form)
    assert provider.secret_fields <= form.fields.keys()


@every_provider
def test_its_settings_can_be_stored_as_json(case: Case) -> None:
    fields = case.provider.settings_form().fields
    config = smpp_config(2775) if case.provider.kind == "smpp" else make_config()
    form = case.provider.settings_form({**config.settings, **config.secrets})
    assert form.is_valid(), form.errors
    assert json.loads(json.dumps(form.cleaned_data)).keys() == fields.keys()


@every_provider
def test_every_part_has_one_accepted_result_with_an_id_of_its_own(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        long = outgoing("long", text="x" * 400)
        link.submit(stride(*numbered(20), long))
        await ear.until(lambda: len(ear.results) == 23)
        assert {(r.key, r.part) for r in ear.results} == {(n, 0) for n in range(20)} | {("long", n) for n in range(3)}
        assert all(r.action is None and r.status == 0 for r in ear.results)
        assert len({r.operator_id for r in ear.results} - {""}) == 23

    play(case, story)


@every_provider
def test_receipts_name_the_ids_of_the_results(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*numbered(20)))
        await ear.until(lambda: len(ear.receipts) == 20)
        await ear.until(lambda: len(ear.results) == 20)
        assert {i.receipt.ids[0] for i in ear.receipts} == {r.operator_id for r in ear.results}

    play(case, story)


@every_provider
def test_a_refusal_says_what_to_do(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(outgoing(recipient="+919800909010")))
        await ear.until(lambda: ear.results)
        assert ear.results[0].action is not None
        assert ear.results[0].action.error_code == "invalid_number"

    play(case, story)


@every_provider
def test_a_lost_answer_leaves_the_part_in_doubt(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(outgoing(recipient="+919800909042")))
        await ear.until(lambda: ear.results)
        assert ear.results[0].action == IN_DOUBT

    play(case, story)


@every_provider
def test_room_is_at_most_window_times_binds_and_never_negative(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert 0 < link.room <= 10
        link.submit(stride(*numbered(25)))
        assert link.room == 0
        await ear.until(lambda: len(ear.results) == 25)

    play(case, story, window=10)


@every_provider
def test_a_speed_limit_leaves_little_room_and_says_when_there_is_more(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert link.room <= 2
        link.submit(stride(*numbered(2)))
        assert link.room == 0
        wait = link.next_room_s()
        assert wait is not None
        assert 0 < wait <= 0.1

    play(case, story, tps=20)


@every_provider
def test_promotional_traffic_leaves_a_share_of_the_room(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert (link.room, link.reserve) == (20, 2)
        link.submit(stride(*numbered(19)))
        assert (link.room, link.reserve) == (1, 1)
        await ear.until(lambda: len(ear.results) == 19)

    play(case, story, window=20)


@every_provider
def test_where_there_is_one_place_nothing_is_reserved(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert (link.room, link.reserve) == (1, 0)

    play(case, story, window=1)


@every_provider
def test_window_and_speed_change_without_a_new_connection(case: Case) -> None:
    made: list[RouteConfig] = []

    async def story(link: Link, ear: Ear) -> None:
        states = len(ear.states)
        link.submit(stride(*numbered(3)))
        await ear.until(lambda: len(ear.results) == 3)
        assert link.adjust(replace(made[0], window=2, validity_cap_s=3600, name="other"))
        assert link.room == 2
        assert link.adjust(replace(made[0], window=50, tps=20))
        assert (link.room, link.gauge().rate) == (2, 20)
        assert len(ear.states) == states

    play(case, story, made, window=10)


@every_provider
def test_other_settings_are_not_taken_over_by_an_open_link(case: Case) -> None:
    made: list[RouteConfig] = []

    async def story(link: Link, ear: Ear) -> None:
        other = {**made[0].settings, "other": 1}
        assert not link.adjust(replace(made[0], window=2, settings=other))
        assert link.room == 10

    play(case, story, made, window=10)


@every_provider
def test_submit_never_calls_back_before_it_returns(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*numbered(5), outgoing(recipient="+919800909031")))
        assert (ear.results, ear.receipts) == ([], [])
        await link.drain(5)
        heard = len(ear.results)
        link.submit(stride(outgoing("late")))
        assert len(ear.results) == heard == 6
        await ear.until(lambda: len(ear.results) == 7)

    play(case, story)


@every_provider
def test_a_drained_link_answers_everything_and_takes_nothing_more(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*numbered(5)))
        await link.drain(5)
        link.submit(stride(outgoing("late")))
        await ear.until(lambda: len(ear.results) == 6)
        assert (ear.results[-1].key, ear.results[-1].action) == ("late", NOT_SENT)
        assert [r.action for r in ear.results[:5]] == [None] * 5
        assert link.room == 0

    play(case, story)


@every_provider
def test_closing_twice_is_harmless_and_the_gauge_still_reads(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*numbered(3)))
        await link.close()
        await link.close()
        assert len(ear.results) == 3
        assert (link.gauge().parts_sent, link.gauge().binds_up) == (3, 0)

    play(case, story)
