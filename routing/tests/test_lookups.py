"""Look-ups: every kind keeps the contract, over a real socket and at its pace; no host inside in production."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from django.utils import timezone

from audit.services import SYSTEM
from kernel.db.tenancy import tenant_context
from kernel.telecom.e164 import E164
from routing.conformance import lookups as conformance
from routing.conformance.lookups import LookupCase, LookupStory, lookup_stories
from routing.errors import LookupConfigProblem, LookupNameTaken
from routing.lookups.asking import ask_all
from routing.lookups.contract import LookupConfig, LookupResult, LookupStatus
from routing.lookups.http import HttpLookup, HttpLookupForm
from routing.lookups.registry import lookups
from routing.lookups.simulator import SimulatorLookup
from routing.models import LookupSource
from routing.services.lookups import LookupDraft, active_offer, ask_source, save_source
from tenants.tests.builders import make_tenant

SECRET: Final = "a key of the tests"
ANSWERS: Final[dict[str, dict[str, Any]]] = {
    "01": {"state": "Inactive"},
    "02": {"state": "active", "line": "wireless", "operator": "Reliance Jio", "ported": True},
    "03": {"state": "active", "line": "fixed"},
    "04": {"state": "no data"},
    "05": {"state": "try later"},
}
SETTINGS: Final[dict[str, Any]] = {
    "url": "http://127.0.0.1:1/v1/{to_digits}",
    "method": "GET",
    "shape": "query",
    "body": "ref = {reference}",
    "auth": "bearer",
    "inside": True,
    "status_at": "number.state",
    "status_words": "live = active\nabsent = inactive\nunknown = no data",
    "line_at": "number.line",
    "line_words": "mobile = wireless\nlandline = fixed",
    "operator_at": "number.operator",
    "ported_at": "number.ported",
}


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    digits = head.split()[1].partition("?")[0].rpartition("/")[2]
    suffix = digits[-2:] if digits[-6:-2] == "9191" else ""
    number = ANSWERS.get(suffix, {"state": "active", "line": "wireless", "operator": "Airtel", "ported": False})
    is_known = f"authorization: bearer {SECRET}".lower() in head.lower()
    body = json.dumps({"number": number}).encode()
    status = b"200 OK" if is_known else b"401 Unauthorized"
    writer.write(b"HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
    await writer.drain()
    writer.close()


@asynccontextmanager
async def http_source() -> AsyncIterator[LookupConfig]:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/{{to_digits}}"
    async with server:
        yield LookupConfig("test", {**SETTINGS, "url": url}, {"password": SECRET}, allows_inside=True)


@asynccontextmanager
async def simulator_source() -> AsyncIterator[LookupConfig]:
    yield LookupConfig("test", {"slow_ms": 20}, {})


CASES: Final = {
    "http": LookupCase(HttpLookup(), http_source, {**SETTINGS, "password": SECRET}),
    "simulator": LookupCase(SimulatorLookup(), simulator_source, {"slow_ms": 20}),
}


def test_every_installed_look_up_is_put_to_the_test() -> None:
    assert set(lookups()) == set(CASES)


@pytest.mark.parametrize("case", list(CASES.values()), ids=list(CASES))
@pytest.mark.parametrize("story", lookup_stories())
def test_it_keeps_the_contract(case: LookupCase, story: LookupStory) -> None:
    story(case)


def test_a_host_inside_is_asked_in_development_only() -> None:
    config = LookupConfig("test", SETTINGS, {"password": SECRET})
    with pytest.raises(LookupConfigProblem, match="development only"):
        asyncio.run(HttpLookup().open(config))


def test_a_private_host_that_nobody_called_inside_is_not_asked() -> None:
    settings = {**SETTINGS, "url": "https://127.0.0.1:1/{to_digits}", "inside": False}
    config = LookupConfig("test", settings, {"password": SECRET}, allows_inside=True)
    (found,) = ask_all(HttpLookup(), config, [conformance.LIVE], per_second=0)
    assert (found.status, "private network" in found.detail) == (LookupStatus.ERROR, True)


def test_a_wrong_key_is_an_error_and_is_not_shown() -> None:
    async def run() -> LookupResult:
        async with http_source() as config:
            wrong = LookupConfig("test", config.settings, {"password": "wrong"}, allows_inside=True)
            session = await HttpLookup().open(wrong)
            try:
                return await session.ask(conformance.LIVE)
            finally:
                await session.close()

    assert asyncio.run(run()) == LookupResult(LookupStatus.ERROR, detail="HTTP 401")


def test_words_that_mean_nothing_are_refused_with_their_line() -> None:
    form = HttpLookupForm({**SETTINGS, "password": SECRET, "status_words": "live = active\nalive = yes"})
    assert "line 2" in form.errors["status_words"][0]


def test_questions_keep_the_pace_of_the_source() -> None:
    began = time.monotonic()
    numbers = [E164(f"+9198765{number:05d}") for number in range(8)]
    found = ask_all(SimulatorLookup(), LookupConfig("test", {"slow_ms": 0}, {}), numbers, per_second=20)
    assert len(found) == 8
    # Two go at once, the others wait 50 ms each.
    assert time.monotonic() - began >= 0.29


def test_what_takes_too_long_is_an_error() -> None:
    config = LookupConfig("test", {"slow_ms": 60_000}, {})
    found = ask_all(SimulatorLookup(), config, [conformance.SLOW, conformance.LIVE], per_second=0, answer_s=0.05)
    assert [each.status for each in found] == [LookupStatus.ERROR, LookupStatus.LIVE]


def save(name: str, **fields: Any) -> LookupSource:
    given = {"settings": {"slow_ms": 0}, "price_micros": 50_000, "is_active": True, **fields}
    return save_source(draft=LookupDraft(name, **given), actor=SYSTEM, now=timezone.now(), kind="simulator")


@pytest.mark.django_db
def test_one_source_is_active_and_tenants_see_its_price_alone() -> None:
    first, second = save("First"), save("Second")
    first.refresh_from_db()
    assert not first.is_active
    with tenant_context(make_tenant().id):
        assert active_offer() == (second.pk, "Second", 50_000, "INR", 30)
    with pytest.raises(LookupNameTaken):
        save("First")


@pytest.mark.django_db
def test_secrets_of_a_source_are_kept_encrypted() -> None:
    source = save("Paid", secrets={"password": SECRET})
    draft = LookupDraft("Paid", {"slow_ms": 0}, is_active=True)
    save_source(draft=draft, actor=SYSTEM, now=timezone.now(), source_id=source.pk)
    source.refresh_from_db()
    assert source.secrets_encrypted
    assert SECRET not in source.secrets_encrypted
    assert ask_source(source.pk, [conformance.ABSENT])[0].status is LookupStatus.ABSENT
