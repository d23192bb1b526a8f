"""TLS to operators over real sockets: verified or pinned, and never without."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from routing.contract import BindStatus
from routing.errors import RouteConfigProblem
from routing.providers.smpp.settings import read_settings
from routing.tests.builders import outgoing, stride
from tests.hostile.certificates import Authority
from tests.hostile.stage import Stage, play


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def is_refused(stage: Stage) -> str:
    """The reason; not an octet of ours went to whoever that is."""
    await stage.until(lambda: stage.reasons)
    assert [state.status for state in stage.ear.states[:2]] == [BindStatus.CONNECTING, BindStatus.DOWN]
    assert [line.seen for line in stage.operator.lines if line.seen] == []
    return stage.reasons[0]


async def works(stage: Stage) -> None:
    stage.link.submit(stride(outgoing()))
    await stage.until(lambda: stage.ear.results)
    assert stage.ear.results[0].action is None


def test_a_certificate_of_the_given_authority_is_taken(authority: Authority) -> None:
    context, _ = authority.server()
    play(works, tls=context, settings={"tls": True, "tls_ca": authority.pem})


def test_a_certificate_for_another_name_is_taken_when_the_route_says_which(authority: Authority) -> None:
    context, _ = authority.server()
    play(works, tls=context, settings={"tls": True, "tls_ca": authority.pem, "tls_name": "smsc.operator.test"})


def test_a_pinned_certificate_needs_no_authority(authority: Authority) -> None:
    context, pin = authority.server()
    colons = ":".join(pin[at : at + 2] for at in range(0, 64, 2)).upper()
    play(works, tls=context, settings={"tls": True, "tls_fingerprint": colons})


@pytest.mark.parametrize("settings", [{}, {"tls_name": "other.test"}])
def test_case_44_a_certificate_of_strangers_or_for_another_name_is_refused(
    authority: Authority, tmp_path: Path, settings: dict[str, str]
) -> None:
    context, _ = authority.server()
    trusted = authority.pem if settings else Authority(tmp_path).pem

    async def story(stage: Stage) -> None:
        reason = await is_refused(stage)
        assert "its certificate is refused" in reason
        assert ("other.test" in reason) == bool(settings)

    play(story, tls=context, is_bound=False, settings={"tls": True, "tls_ca": trusted, **settings})


def test_case_44_an_expired_certificate_is_refused_and_named_expired(authority: Authority) -> None:
    context, _ = authority.server(ends_in=timedelta(days=-1))

    async def story(stage: Stage) -> None:
        assert "certificate has expired" in await is_refused(stage)

    play(story, tls=context, is_bound=False, settings={"tls": True, "tls_ca": authority.pem})


def test_case_44_a_changed_certificate_is_refused_where_another_is_pinned(authority: Authority) -> None:
    context, changed = authority.server()
    _, pinned = authority.server()

    async def story(stage: Stage) -> None:
        assert f"its fingerprint is {changed}, another one is pinned" in await is_refused(stage)

    play(story, tls=context, is_bound=False, settings={"tls": True, "tls_fingerprint": pinned})


def test_case_44_a_pinned_certificate_that_expired_is_refused(authority: Authority) -> None:
    context, pin = authority.server(ends_in=timedelta(days=-1))

    async def story(stage: Stage) -> None:
        assert "it expired on" in await is_refused(stage)

    play(story, tls=context, is_bound=False, settings={"tls": True, "tls_fingerprint": pin})


def test_case_44_an_operator_without_tls_gets_no_bind_in_the_clear(authority: Authority) -> None:
    async def story(stage: Stage) -> None:
        await is_refused(stage)

    play(story, is_bound=False, settings={"tls": True, "tls_ca": authority.pem})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"tls": True, "tls_fingerprint": "abc"}, "tls_fingerprint: A SHA-256 fingerprint has 64"),
        ({"tls": True, "tls_ca": "no certificate"}, "tls_ca: These are no certificates"),
        ({"tls_name": "smsc.operator.test"}, "tls_name: It has no effect without TLS"),
    ],
)
def test_settings_of_tls_that_cannot_work_are_refused_with_the_reason(settings: dict[str, Any], problem: str) -> None:
    where = {"host": "127.0.0.1", "port": 2775, "system_id": "dakiya"}
    with pytest.raises(RouteConfigProblem) as refused:
        read_settings({**where, **settings}, {"password": "postman"})
    assert problem in str(refused.value)
