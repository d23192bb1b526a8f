"""Dispatchers and a simulated operator in one event loop, over a real socket, and a tenant that has messages to send.

Stories ask the database in the loop itself: for some milliseconds nothing else happens then, which hides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connections
from django.db.models import Sum

from billing.models import ChargedOn, Wallet
from compliance.models import Sender
from compliance.tests.builders import make_template
from kernel.db.tenancy import platform_context, scoped_connection, tenant_context
from kernel.domain.clock import utc_now
from kernel.smpp.receipt_writing import receipt_date
from messaging.dispatcher.process import Dispatcher
from messaging.drafts import Draft
from messaging.models import Batch, Message, MessageEvent, UnmatchedReceipt
from messaging.services.books import audit_tenant
from messaging.statuses import EventKind, Status
from messaging.tests.world import HEADER, World, draft, make_world
from routing.registry import providers
from routing.smsc.centre import receipt_due
from routing.smsc.server import Simulator
from routing.smsc.settings import Settings
from routing.statuses import Lane
from routing.tests.stage import FAST, FAST_ANSWERS

TIMEOUT_S: Final = 20.0
# More than any story takes.
STORY_S: Final = 120.0
LEASE_S: Final = 6.0
MARK: Final = 9090
LONG_TEXT: Final = (
    "Dear customer, " + "your parcel was handed over to the courier and will be with you soon. " * 5 + "-ACME"
)
OTP_BODY: Final = "{#var#} is your passcode for the shop. -ACME"
OTP_TEXT: Final = "482913 is your passcode for the shop. -ACME"


def numbers(count: int, ending: str = "") -> list[str]:
    """Mobile numbers; `ending` asks the simulator for a behaviour (routing.smsc.behaviour)."""
    if ending:
        return [f"+9198{n:02d}{MARK}{ending}"[:13] for n in range(10, 10 + count)]
    return [f"+9198{n:08d}" for n in range(10_000_000, 10_000_000 + count)]


@dataclass
class Scene:
    smsc: Simulator
    world: World
    others: list[World] = field(default_factory=list)
    dispatchers: list[tuple[Dispatcher, asyncio.Task[None]]] = field(default_factory=list)

    # -- acting

    def allow(self, body: str, *, is_otp: bool = False) -> None:
        """One more approved template of the tenant's sender."""
        with tenant_context(self.world.tenant_id):
            make_template(body, name=body[:20], sender=Sender.objects.get(), is_otp=is_otp)

    def receive(self, operator_id: str, recipient: str, stat: str = "DELIVRD") -> None:
        """The operator sends a receipt."""
        date = receipt_date(utc_now())
        text = f"id:{operator_id} sub:001 dlvrd:001 submit date:{date} done date:{date} stat:{stat} err:000 text:"
        due = receipt_due("dakiya", recipient[1:].encode(), HEADER.encode(), text.encode())
        self.smsc.centre.plan([due], 0)

    def accept(self, *recipients: str, world: World | None = None, **fields: Any) -> list[Message]:
        """Before a dispatcher runs: a flush may hold the wallet's row, and could not go on while this waits for it."""
        assert not self.dispatchers, "beside a dispatcher it is accept_beside"
        return self._accept(*recipients, world=world, **fields)

    async def accept_beside(self, *recipients: str, **fields: Any) -> list[Message]:
        """Beside dispatchers: in a thread, so that the loop goes on."""

        def accept() -> list[Message]:
            try:
                return self._accept(*recipients, **fields)
            finally:
                connections.close_all()

        return await asyncio.to_thread(accept)

    def _accept(self, *recipients: str, world: World | None = None, **fields: Any) -> list[Message]:
        world = world or self.world
        drafts: Sequence[Draft] = [draft(recipient, **fields) for recipient in recipients]
        outcomes = world.accept(*drafts)
        assert not [outcome.refusal for outcome in outcomes if outcome.refusal], outcomes[0]
        with tenant_context(world.tenant_id):
            return list(Message.objects.filter(pk__in=[outcome.id for outcome in outcomes]).order_by("pk"))

    async def start(self, lane: Lane = Lane.BULK, **options: Any) -> Dispatcher:
        dispatcher = Dispatcher(lane, **{"lease_s": LEASE_S, "refresh_s": 0.1, **options})
        task = asyncio.create_task(dispatcher.run())
        self.dispatchers.append((dispatcher, task))
        ready = asyncio.create_task(dispatcher.ready.wait())
        await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED, timeout=TIMEOUT_S)
        if task.done():
            await task
        return dispatcher

    async def stop(self) -> None:
        """As SIGTERM does, all dispatchers."""
        running, self.dispatchers = self.dispatchers, []
        for dispatcher, _ in running:
            dispatcher.stop()
        for _, task in running:
            await asyncio.wait_for(task, TIMEOUT_S)

    async def crash(self) -> None:
        """The dispatchers are gone from one moment to the next, their connections with them."""
        running, self.dispatchers = self.dispatchers, []
        for _, task in running:
            task.cancel()
            await asyncio.wait([task], timeout=TIMEOUT_S)
            assert task.done(), "a dispatcher does not end"

    def change(self, **changes: Any) -> None:
        self.smsc.centre.change(self.smsc.centre.settings.changed(changes))

    def let_leases_end(self) -> None:
        """The clock goes on by more than a lease."""
        self.sql("UPDATE batches SET lease_until = now() - interval '1 s' WHERE state = 1")

    # -- looking

    async def until(self, condition: Callable[[], object], timeout_s: float = TIMEOUT_S) -> None:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not condition():
            for _, task in self.dispatchers:
                if task.done():
                    task.result()
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"not so within {timeout_s} s: {self.statuses()}, {self.states()}")
            await asyncio.sleep(0.03)

    def statuses(self, world: World | None = None) -> dict[Status, int]:
        found: dict[Status, int] = {}
        with tenant_context((world or self.world).tenant_id):
            for status in Message.objects.values_list("status", flat=True):
                found[Status(status)] = found.get(Status(status), 0) + 1
        return found

    def states(self) -> list[int]:
        with tenant_context(self.world.tenant_id):
            return list(Batch.objects.order_by("pk").values_list("state", flat=True))

    def events(self, kind: EventKind, **fields: Any) -> dict[str, int]:
        """Sums over the events of a kind."""
        columns = ("messages", "segments", "charged_micros", "cost_micros")
        with tenant_context(self.world.tenant_id):
            found = MessageEvent.objects.filter(kind=kind, **fields)
            return {name: value or 0 for name, value in found.aggregate(**{c: Sum(c) for c in columns}).items()}

    def submits(self) -> int:
        return self.smsc.centre.counters.submits

    def unmatched(self) -> int:
        return UnmatchedReceipt.objects.count()

    def held(self, world: World | None = None) -> int:
        with tenant_context((world or self.world).tenant_id):
            return Wallet.objects.get().held_micros

    def sql(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with platform_context(reason="test: look and change across tenants"), scoped_connection().cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall()) if cursor.description else []

    def assert_books_are_exact(self) -> None:
        for world in (self.world, *self.others):
            with platform_context(reason="test: the books are exact whatever happened"):
                assert audit_tenant(world.tenant_id) == []


def play(
    story: Callable[[Scene], Awaitable[None]],
    *,
    settings: Settings | None = None,
    charged_on: ChargedOn = ChargedOn.SUBMIT,
    answers_are_fast: bool = False,
    chain: Mapping[str, object] | None = None,
    **route: Any,
) -> None:
    """Run `story` with a simulator and a tenant that can send; no dispatcher runs yet. Checks the books behind it.

    Args:
        chain: settings of the route about chains of telemarketers.
    """

    async def run() -> None:
        smsc = Simulator(settings=settings or Settings(receipt_delay_ms=0))
        await smsc.start(control_port=None)
        where = {
            "host": "127.0.0.1",
            "port": smsc.port,
            "system_id": "dakiya",
            "bind_as": "transceiver",
            **(chain or {}),
        }
        world = make_world(kind="smpp", settings=where, charged_on=charged_on, **route)
        scene = Scene(smsc, world)
        try:
            async with asyncio.timeout(STORY_S):
                await story(scene)
            await scene.stop()
            scene.assert_books_are_exact()
        finally:
            await scene.crash()
            await smsc.stop()
            # The loop has a context of its own, and Django keeps connections by context.
            connections.close_all()

    kinds = providers()
    usual = kinds["smpp"]
    kinds["smpp"] = type(usual)(FAST_ANSWERS if answers_are_fast else FAST)  # type: ignore[call-arg]  # SmppProvider's
    try:
        asyncio.run(run())
    finally:
        kinds["smpp"] = usual
