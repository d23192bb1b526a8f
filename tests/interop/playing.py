"""Brings a stand-in, a tenant and an installation together, and plays the cases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.fixtures.stack import Stack
from tests.hostile.certificates import Authority
from tests.interop.accounts import ACCOUNTS, TEXTS
from tests.interop.cases import Setting, cases_of
from tests.interop.implementations import Implementation, base_environment
from tests.interop.standin import ROOT, StandIn

PREPARING_S: Final = 120


@dataclass(frozen=True, slots=True)
class Played:
    implementation: str
    version: str
    case: str
    is_good: bool
    words: str


def routes_of(standin: StandIn, senders: Sequence[str], authority: Authority | None) -> list[dict[str, Any]]:
    """The route of each sender, in the form of tests/interop/preparing.py."""
    routes = []
    for sender in senders:
        settings = {"host": "127.0.0.1", "port": standin.port, "system_id": sender, "bind_as": "transceiver"}
        settings |= ACCOUNTS[sender].settings
        if sender == "SECURE" and authority is not None:
            settings |= {"port": standin.ready["tls_port"], "tls": True, "tls_ca": authority.pem}
        routes.append({"sender": sender, "settings": settings})
    return routes


def prepare(stack: Stack, slug: str, routes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    environment = {**stack.environment, "DAKIYA_LOGIN": "worker", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.interop.preparing"],
        cwd=ROOT,
        env=environment,
        input=json.dumps({"slug": slug, "routes": routes, "texts": TEXTS}),
        capture_output=True,
        text=True,
        timeout=PREPARING_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    prepared: dict[str, Any] = json.loads(done.stdout)
    return prepared


def _server_pem(authority: Authority, directory: Path) -> str:
    """Key and certificate of a listening side."""
    authority.server()
    return next(directory.glob("*.pem")).read_text()


@contextmanager
def staged(stack: Stack, implementation: Implementation, series: int, scratch: Path) -> Iterator[Setting]:
    """The stand-in runs, and a tenant of its own can send to it."""
    command, environment = implementation.install()
    authority = Authority(scratch) if implementation.has_tls else None
    pem = _server_pem(authority, scratch) if authority else ""
    accounts = {sender: ACCOUNTS[sender].rules() for sender in implementation.senders}
    options = {"accounts": accounts, "tls": {"key": pem, "cert": pem} if pem else None}
    log = scratch / f"standin-{series}.log"
    standin = StandIn(command, options, {**base_environment(), **environment}, log)
    try:
        prepared = prepare(stack, f"interop-{series}", routes_of(standin, implementation.senders, authority))
        yield Setting(
            stack=stack,
            standin=standin,
            token=prepared["token"],
            routes=prepared["routes"],
            senders=implementation.senders,
            shows_tlvs=implementation.shows_tlvs,
            can_hang_up=implementation.can_hang_up,
            keeps_order=implementation.keeps_order,
            series=series,
        )
    finally:
        standin.stop()


def play(setting: Setting, name: str, say: Callable[[Played], None]) -> list[Played]:
    """Every case, whatever became of those before it."""
    played = []
    for title, case in cases_of(setting):
        try:
            words, is_good = case(setting), True
        except AssertionError as problem:
            words, is_good = str(problem)[:600], False
        played.append(Played(name, setting.standin.ready["version"], title, is_good, words))
        say(played[-1])
    return played
