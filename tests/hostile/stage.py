"""A link, or a whole dispatcher with its books, in front of an operator that a test scripts."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django.db import connections

from kernel.db.tenancy import tenant_context
from kernel.smpp.liveness import Timers
from messaging.models import Message
from messaging.tests.dispatching import TIMEOUT_S, Scene
from messaging.tests.world import make_route, make_world
from routing.contract import Link, Stride
from routing.providers.smpp import SmppProvider
from routing.providers.smpp.link import Timing
from routing.registry import providers
from routing.services.plans import RuleDraft, save_plan
from routing.smsc.server import Simulator
from routing.tests.builders import Ear, outgoing, smpp_config, stride
from tests.hostile.operator import Line, Operator, Seen, deliver_body, receipt_text

SIMULATED: Final = {"receipt_delay_ms": 0, "delivered_ratio": 1, "seed": 1}
QUICK: Final = Timing(connect=2, stagger=0, retry=0.02, retry_longest=0.1, retry_taken=0.05, tick=0.02)


def timing(*, session: Timers | None = None, **changes: Any) -> Timing:
    """Quick times, with those of the session a test is about."""
    return replace(QUICK, session=session or Timers(), **changes)


@dataclass
class Stage:
    operator: Operator
    link: Link
    ear: Ear

    async def until(self, condition: Callable[[], object]) -> None:
        await self.ear.until(condition)

    async def bound(self) -> Line:
        """The newest line, once all are up."""
        await self.until(lambda: self.link.gauge().binds_up == self.link.gauge().binds_wanted)
        return self.operator.line

    @property
    def reasons(self) -> list[str]:
        return [state.reason for state in self.ear.states if state.reason]


def play(
    story: Callable[[Stage], Awaitable[None]],
    *,
    operator: Operator | None = None,
    times: Timing = QUICK,
    acks: bool = True,
    settings: Mapping[str, Any] | None = None,
    tls: ssl.SSLContext | None = None,
    is_bound: bool = True,
    **config: Any,
) -> None:
    """Run `story` with a link, once it is bound unless told otherwise."""

    async def run() -> None:
        there = operator or Operator()
        await there.start(tls)
        ear = Ear(acks=acks)
        link = await SmppProvider(times).open(smpp_config(there.port, settings=settings or {}, **config), ear)
        stage = Stage(there, link, ear)
        try:
            async with asyncio.timeout(2 * TIMEOUT_S):
                if is_bound:
                    await stage.bound()
                await story(stage)
        finally:
            await link.close()
            await there.stop()

    asyncio.run(run())


@dataclass
class Books(Scene):
    """A dispatcher with its database in front of the operator."""

    operator: Operator = field(default_factory=Operator)

    def sent(self, recipient: str) -> Seen:
        """The first submit to a number."""
        return next(pdu for pdu in self.operator.submits if pdu.recipient == recipient[1:])

    def tell(self, ident: str, recipient: str, stat: str = "DELIVRD", *, line: Line | None = None, **kw: Any) -> None:
        """A receipt about a message, from the operator."""
        body = deliver_body(receipt_text(ident, stat, **kw), source=recipient[1:].encode())
        (line or self.operator.line).deliver(body, first=2_000 + len(self.operator.line.seen))

    def acknowledged(self) -> int:
        return sum(len(line.of(0x80000005)) for line in self.operator.lines)

    def message(self, **fields: Any) -> Message:
        with tenant_context(self.world.tenant_id):
            return Message.objects.get(**fields)


def play_books(
    story: Callable[[Books], Awaitable[None]], *, operator: Operator | None = None, times: Timing = QUICK, **route: Any
) -> None:
    """Run `story` with a tenant that can send; a dispatcher runs when it is started. Checks the books behind it."""

    async def run() -> None:
        there = operator or Operator()
        await there.start()
        where = {"host": "127.0.0.1", "port": there.port, "system_id": "dakiya", "bind_as": "transceiver"}
        settings = {**where, **route.pop("settings", {})}
        scene = Books(Simulator(), make_world(kind="smpp", settings=settings, **route), operator=there)
        try:
            await story(scene)
            await scene.stop()
            scene.assert_books_are_exact()
        finally:
            await scene.crash()
            await there.stop()
            # The loop has a context of its own, and Django keeps connections by context.
            connections.close_all()

    kinds = providers()
    usual = kinds["smpp"]
    kinds["smpp"] = SmppProvider(times)
    try:
        asyncio.run(run())
    finally:
        kinds["smpp"] = usual


def reaches(count: Callable[[], int], wanted: int) -> Callable[[], bool]:
    """A condition for a loop, with its number as it is now."""
    return lambda: count() >= wanted


def many(count: int) -> Stride:
    """A stride to so many numbers, the keys counting from 0."""
    return stride(*[outgoing(number, f"+9198{number:08d}") for number in range(count)])


def spare_route(scene: Books) -> int:
    """A second route that delivers everything, tried after the operator."""
    spare = make_route("Spare", kind="simulator", settings=SIMULATED)
    save_plan(rules=[RuleDraft(route_ids=[scene.world.route.pk, spare.pk])])
    return spare.pk
