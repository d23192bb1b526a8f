"""The stories. Each takes a Case, runs in an event loop of its own and asserts one promise of routing.contract."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from django import forms

from routing.conformance.case import Case, Ear, outgoing, stride
from routing.contract import IN_DOUBT, NOT_SENT, Link, Outgoing, RouteConfig

Story = Callable[[Case], None]
_STORIES: Final[list[Story]] = []


def _story(tell: Story) -> Story:
    _STORIES.append(tell)
    return tell


def stories() -> list[Any]:
    """All of them, as parameters of pytest that are named after what they prove."""
    return [pytest.param(story, id=story.__name__) for story in _STORIES]


def _play(
    case: Case,
    story: Callable[[Link, Ear], Awaitable[None]],
    made: list[RouteConfig] | None = None,
    **config: Any,
) -> None:
    """
    Args:
        made: takes the configuration the link was opened with.
    """

    async def run() -> None:
        ear = Ear()
        async with case.operator(ear) as configure:
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


def _numbered(count: int, **changes: Any) -> list[Outgoing]:
    return [outgoing(number, f"+9198{number:08d}", **changes) for number in range(count)]


@_story
def a_provider_names_itself_its_settings_and_its_secrets(case: Case) -> None:
    provider = case.provider
    form = provider.settings_form()
    assert provider.kind == provider.kind.lower().strip()
    assert provider.label
    assert isinstance(form, forms.Form)
    assert provider.secret_fields <= form.fields.keys()


@_story
def its_settings_can_be_stored_as_json(case: Case) -> None:
    fields = case.provider.settings_form().fields
    form = case.provider.settings_form(dict(case.settings))
    assert form.is_valid(), form.errors
    assert json.loads(json.dumps(form.cleaned_data)).keys() == fields.keys()


@_story
def every_part_has_one_accepted_result_and_every_message_an_id_of_its_own(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        long = outgoing("long", text="x" * 400)
        link.submit(stride(*_numbered(20), long))
        await ear.until(lambda: len(ear.results) == 23)
        assert {(r.key, r.part) for r in ear.results} == {(n, 0) for n in range(20)} | {("long", n) for n in range(3)}
        assert all(r.action is None and r.status == 0 for r in ear.results)
        # The parts of a message have an id each, or all the message's.
        assert len({r.operator_id for r in ear.results} - {""}) in (21, 23)
        assert len({r.operator_id for r in ear.results if r.key != "long"}) == 20

    _play(case, story)


@_story
def receipts_name_the_ids_of_the_results(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*_numbered(20)))
        await ear.until(lambda: len(ear.receipts) == 20)
        await ear.until(lambda: len(ear.results) == 20)
        assert {i.receipt.ids[0] for i in ear.receipts} == {r.operator_id for r in ear.results}

    _play(case, story)


@_story
def a_refusal_says_what_to_do(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(outgoing(recipient="+919800909010")))
        await ear.until(lambda: ear.results)
        assert ear.results[0].action is not None
        assert ear.results[0].action.error_code == "invalid_number"

    _play(case, story)


@_story
def a_lost_answer_leaves_the_part_in_doubt(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(outgoing(recipient="+919800909042")))
        await ear.until(lambda: ear.results)
        assert ear.results[0].action == IN_DOUBT

    _play(case, story)


@_story
def room_is_at_most_window_times_binds_and_never_negative(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert 0 < link.room <= 10
        link.submit(stride(*_numbered(25)))
        assert link.room == 0
        await ear.until(lambda: len(ear.results) == 25)

    _play(case, story, window=10)


@_story
def a_speed_limit_leaves_little_room_and_says_when_there_is_more(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert link.room <= 2
        link.submit(stride(*_numbered(2)))
        assert link.room == 0
        wait = link.next_room_s()
        assert wait is not None
        assert 0 < wait <= 0.1

    _play(case, story, tps=20)


@_story
def promotional_traffic_leaves_a_share_of_the_room(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert (link.room, link.reserve) == (20, 2)
        link.submit(stride(*_numbered(19)))
        assert (link.room, link.reserve) == (1, 1)
        await ear.until(lambda: len(ear.results) == 19)

    _play(case, story, window=20)


@_story
def where_there_is_one_place_nothing_is_reserved(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        assert (link.room, link.reserve) == (1, 0)

    _play(case, story, window=1)


@_story
def window_and_speed_change_without_a_new_connection(case: Case) -> None:
    made: list[RouteConfig] = []

    async def story(link: Link, ear: Ear) -> None:
        states = len(ear.states)
        link.submit(stride(*_numbered(3)))
        await ear.until(lambda: len(ear.results) == 3)
        assert link.adjust(replace(made[0], window=2, validity_cap_s=3600, name="other"))
        assert link.room == 2
        assert link.adjust(replace(made[0], window=50, tps=20))
        assert (link.room, link.gauge().rate) == (2, 20)
        assert len(ear.states) == states

    _play(case, story, made, window=10)


@_story
def other_settings_are_not_taken_over_by_an_open_link(case: Case) -> None:
    made: list[RouteConfig] = []

    async def story(link: Link, ear: Ear) -> None:
        other = {**made[0].settings, "other": 1}
        assert not link.adjust(replace(made[0], window=2, settings=other))
        assert link.room == 10

    _play(case, story, made, window=10)


@_story
def submit_never_calls_back_before_it_returns(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*_numbered(5), outgoing(recipient="+919800909031")))
        assert (ear.results, ear.receipts) == ([], [])
        await link.drain(5)
        heard = len(ear.results)
        link.submit(stride(outgoing("late")))
        assert len(ear.results) == heard == 6
        await ear.until(lambda: len(ear.results) == 7)

    _play(case, story)


@_story
def a_drained_link_answers_everything_and_takes_nothing_more(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*_numbered(5)))
        await link.drain(5)
        link.submit(stride(outgoing("late")))
        await ear.until(lambda: len(ear.results) == 6)
        assert (ear.results[-1].key, ear.results[-1].action) == ("late", NOT_SENT)
        assert [r.action for r in ear.results[:5]] == [None] * 5
        assert link.room == 0

    _play(case, story)


@_story
def closing_twice_is_harmless_and_the_gauge_still_reads(case: Case) -> None:
    async def story(link: Link, ear: Ear) -> None:
        link.submit(stride(*_numbered(3)))
        await link.close()
        await link.close()
        assert len(ear.results) == 3
        assert (link.gauge().parts_sent, link.gauge().binds_up) == (3, 0)

    _play(case, story)
