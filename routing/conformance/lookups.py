"""What every kind of look-up must do, as stories that a package's own tests run against it (docs/adding-a-lookup.md).

@pytest.mark.parametrize("story", lookup_stories())
def test_the_source_keeps_the_contract(story):
    story(LookupCase(MnpLookup(), serving, {"url": "https://mnp.example/"}))
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from django import forms

from kernel.telecom.e164 import E164
from routing.errors import LookupConfigProblem
from routing.lookups.contract import (
    LineType,
    Lookup,
    LookupConfig,
    LookupResult,
    LookupSession,
    LookupStatus,
)

# The ends of numbers that a source under test must know; what they ask for is said in docs/adding-a-lookup.md.
LIVE: Final = E164("+919876543210")
ABSENT: Final = E164("+919876919101")
PORTED: Final = E164("+919876919102")
LANDLINE: Final = E164("+919876919103")
UNKNOWN: Final = E164("+919876919104")
FAILING: Final = E164("+919876919105")
SLOW: Final = E164("+919876919106")


@dataclass(frozen=True)
class LookupCase:
    """A kind, and how to have a source for it that obeys the numbers above.

    Args:
        source: runs the source while it is entered, and gives the configuration that leads to it.
        settings: a filled-in settings form, secrets too.
    """

    lookup: Lookup
    source: Callable[[], AbstractAsyncContextManager[LookupConfig]]
    settings: Mapping[str, Any] = field(repr=False)


LookupStory = Callable[[LookupCase], None]
_STORIES: Final[list[LookupStory]] = []


def _story(tell: LookupStory) -> LookupStory:
    _STORIES.append(tell)
    return tell


def lookup_stories() -> list[Any]:
    """All of them, as parameters of pytest that are named after what they prove."""
    return [pytest.param(story, id=story.__name__) for story in _STORIES]


def _play(case: LookupCase, story: Callable[[LookupSession], Awaitable[None]]) -> None:
    async def run() -> None:
        async with case.source() as config:
            session = await case.lookup.open(config)
            try:
                async with asyncio.timeout(20):
                    await story(session)
            finally:
                await session.close()
                await session.close()

    asyncio.run(run())


def _answer(case: LookupCase, number: E164) -> LookupResult:
    found: list[LookupResult] = []

    async def story(session: LookupSession) -> None:
        found.append(await session.ask(number))

    _play(case, story)
    return found[0]


@_story
def a_kind_names_itself_its_settings_and_its_secrets(case: LookupCase) -> None:
    kind = case.lookup
    form = kind.settings_form()
    assert kind.kind == kind.kind.lower().strip()
    assert kind.label
    assert isinstance(form, forms.Form)
    assert kind.secret_fields <= form.fields.keys()


@_story
def its_settings_can_be_stored_as_json(case: LookupCase) -> None:
    form = case.lookup.settings_form(dict(case.settings))
    assert form.is_valid(), form.errors
    assert json.loads(json.dumps(form.cleaned_data)).keys() >= form.fields.keys()


@_story
def settings_that_cannot_work_are_refused_when_it_opens(case: LookupCase) -> None:
    async def run() -> None:
        async with case.source() as config:
            with pytest.raises(LookupConfigProblem):
                await case.lookup.open(replace(config, settings={}))

    asyncio.run(run())


@_story
def a_number_that_lives_is_live_and_mobile(case: LookupCase) -> None:
    assert _answer(case, LIVE)[:2] == (LookupStatus.LIVE, LineType.MOBILE)


@_story
def a_number_that_nobody_has_is_absent(case: LookupCase) -> None:
    assert _answer(case, ABSENT).status is LookupStatus.ABSENT


@_story
def a_ported_number_has_the_operator_of_today(case: LookupCase) -> None:
    found = _answer(case, PORTED)
    assert (found.status, found.operator, found.is_ported) == (LookupStatus.LIVE, "Reliance Jio", True)


@_story
def a_landline_is_called_one(case: LookupCase) -> None:
    assert _answer(case, LANDLINE).line_type is LineType.LANDLINE


@_story
def what_the_source_does_not_know_is_unknown(case: LookupCase) -> None:
    assert _answer(case, UNKNOWN).status is LookupStatus.UNKNOWN


@_story
def a_fault_is_an_error_with_words_that_do_not_name_the_number(case: LookupCase) -> None:
    found = _answer(case, FAILING)
    assert found.status is LookupStatus.ERROR
    assert found.detail
    assert FAILING[1:] not in found.detail


@_story
def many_questions_at_once_have_an_answer_each(case: LookupCase) -> None:
    async def story(session: LookupSession) -> None:
        found = await asyncio.gather(*[session.ask(number) for number in (ABSENT, SLOW, PORTED, LIVE)])
        wanted = [LookupStatus.ABSENT, LookupStatus.LIVE, LookupStatus.LIVE, LookupStatus.LIVE]
        assert [each.status for each in found] == wanted
        assert found[2].operator == "Reliance Jio"

    _play(case, story)


@_story
def a_question_can_be_given_up(case: LookupCase) -> None:
    async def story(session: LookupSession) -> None:
        asked = asyncio.ensure_future(session.ask(SLOW))
        await asyncio.sleep(0)
        asked.cancel()
        (ended,) = await asyncio.gather(asked, return_exceptions=True)
        # Whoever gives up gets either the cancellation or an error, never an answer.
        assert isinstance(ended, asyncio.CancelledError) or (
            isinstance(ended, LookupResult) and ended.status is LookupStatus.ERROR
        )
        assert (await session.ask(LIVE)).status is LookupStatus.LIVE

    _play(case, story)
