"""An SMSC of the PyPI packages smpp.twisted3 and smpp.pdu3, the ones that Jasmin's SMPP server stands on."""

from __future__ import annotations

import asyncio
import json
import sys
from importlib.metadata import version
from typing import Any

from smpp.pdu.error import SMPPError
from smpp.pdu.operations import DeliverSM
from smpp.pdu.pdu_encoding import DataCodingEncoder, EsmClassEncoder
from smpp.pdu.pdu_types import (
    CommandStatus,
    EsmClass,
    EsmClassMode,
    EsmClassType,
    MessageState,
    RegisteredDeliveryReceipt,
)
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse, SMPPServerProtocol
from smpp.twisted.server import SMPPServerFactory
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, fail, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost

from tests.interop.standins.desk import Desk, Receipt, Submit, make_desks, obey, say
from tests.interop.standins.reading import plain, read_header, read_text, sar

MAX_BINDS = 8


def read(pdu: Any) -> Submit:
    given = pdu.params
    coding = DataCodingEncoder().encode(given["data_coding"])[0]
    esm_class = EsmClassEncoder().encode(given["esm_class"])[0]
    payload = given.get("message_payload")
    octets, join = read_header(given["short_message"] if payload is None else payload, esm_class)
    if join is None and "sar_total_segments" in given:
        join = sar(given["sar_msg_ref_num"], given["sar_total_segments"], given["sar_segment_seqnum"])
    unwanted = RegisteredDeliveryReceipt.NO_SMSC_DELIVERY_RECEIPT_REQUESTED
    return Submit(
        to=given["destination_addr"].decode(),
        sender=given["source_addr"].decode(),
        coding=coding,
        text=read_text(octets, coding),
        join=join or plain(payload),
        tlvs={},
        wants_receipt=given["registered_delivery"].receipt is not unwanted,
    )


class Portal:
    """Who may bind, in the form that the library asks."""

    def __init__(self, desks: dict[str, Desk]) -> None:
        self._desks = desks

    def login(self, given: Any, *_: Any) -> Any:
        desk = self._desks.get(given.username)
        if desk is not None and desk.rules["password"] == given.password:
            return succeed((None, given.username, lambda: None))
        say("refused", account=given.username)
        return fail(UnauthorizedLogin())


class Bound(SMPPServerProtocol):  # type: ignore[misc]  # the package ships no types
    """The library's session, which tells its desk when it comes and goes."""

    receives = False
    desk: Desk | None = None

    def doBindRequest(self, pdu: Any, state: Any) -> Any:  # noqa: N802 (the library's name)
        done = super().doBindRequest(pdu, state)
        if self.isBound():
            self.receives = "transmitter" not in pdu.id.name
            self.desk = self.factory.desks[self.system_id]
            self.desk.welcome(self, pdu.id.name)
        return done

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 (the library's name)
        if self.desk is not None:
            self.desk.part(self)
        super().connectionLost(reason)

    async def deliver(self, receipt: Receipt) -> int | None:
        about = {"receipted_message_id": receipt.ident.encode(), "message_state": MessageState.DELIVERED}
        pdu = DeliverSM(
            source_addr=receipt.source.encode(),
            destination_addr=receipt.destination.encode(),
            esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT),
            short_message=receipt.text.encode(),
            **({} if receipt.text else about),
        )
        try:
            answer = await self.sendDataRequest(pdu).asFuture(asyncio.get_running_loop())
        except (SMPPError, CancelledError, ConnectionDone, ConnectionLost):
            return None
        return 0 if answer.response.status is CommandStatus.ESME_ROK else 1

    async def take_leave(self) -> None:
        await self.unbindAndDisconnect().asFuture(asyncio.get_running_loop())

    def hang_up(self) -> None:
        self.transport.abortConnection()


class Factory(SMPPServerFactory):  # type: ignore[misc]  # the package ships no types
    protocol = Bound

    def __init__(self, desks: dict[str, Desk]) -> None:
        systems = {name: {"max_bindings": MAX_BINDS} for name in desks}
        super().__init__(SMPPServerConfig(systems=systems, msgHandler=self.take), Portal(desks))
        self.desks = desks

    def take(self, name: str, _: Any, pdu: Any) -> Any:
        desk = self.desks[name]
        ident = desk.take(read(pdu))
        if ident is None:
            return CommandStatus.ESME_RTHROTTLED
        asyncio.get_running_loop().call_soon(desk.answered)
        return DataHandlerResponse(CommandStatus.ESME_ROK, message_id=ident.encode())


class Smsc:
    def __init__(self, desks: dict[str, Desk]) -> None:
        self._factory = Factory(desks)
        self._listener: Any = None
        self.port = 0

    def open(self) -> None:
        self._listener = reactor.listenTCP(self.port, self._factory, interface="127.0.0.1")
        self.port = self._listener.getHost().port

    async def restart(self) -> None:
        for desk in self._factory.desks.values():
            for session in list(desk.sessions):
                session.hang_up()
        stopped = self._listener.stopListening()
        if stopped is not None:
            await stopped.asFuture(asyncio.get_running_loop())
        self.open()
        say("restarted")


def serve(events: asyncio.AbstractEventLoop) -> None:
    desks = make_desks(json.loads(sys.argv[1])["accounts"])
    smsc = Smsc(desks)
    smsc.open()
    say("ready", port=smsc.port, version=f"{version('smpp.twisted3')} (smpp.pdu3 {version('smpp.pdu3')})")
    reactor.startRunning(installSignalHandlers=False)
    events.run_until_complete(obey(desks, smsc.restart))
