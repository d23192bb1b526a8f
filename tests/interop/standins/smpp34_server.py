"""An SMSC of the PyPI package smpp34, whose protocol is written in Rust.

It lets in everybody, whatever the password, and has no listener with TLS.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from importlib.metadata import version

import smpp34

from tests.interop.standins.desk import Desk, Receipt, Submit, make_desks, obey, say
from tests.interop.standins.reading import plain, read_header, read_text, sar

SAR_REF, SAR_TOTAL, SAR_PART = 0x020C, 0x020E, 0x020F
PAYLOAD, IDENT, STATE = 0x0424, 0x001E, 0x0427
DLT_FROM = 0x1400
THROTTLED = 0x58
DELIVERED = b"\2"


class Bound:
    def __init__(self, esme: smpp34.Esme) -> None:
        self._esme = esme
        self.receives = esme.can_receive

    async def deliver(self, receipt: Receipt) -> int | None:
        tlvs = [smpp34.Tlv(IDENT, receipt.ident.encode() + b"\0"), smpp34.Tlv(STATE, DELIVERED)]
        try:
            answer = await self._esme.deliver_sm(
                receipt.destination,
                receipt.text.encode(),
                source_addr=receipt.source,
                esm_class=4,
                tlvs=[] if receipt.text else tlvs,
            )
        except smpp34.SmppError:
            return None
        return int(answer.command_status)

    async def take_leave(self) -> None:
        await self._esme.unbind()

    def hang_up(self) -> None:
        """The library has no way to drop a connection but to stop."""


def read(event: smpp34.SubmitSmEvent) -> Submit:
    tlvs = {tlv.tag: bytes(tlv.value) for tlv in event.tlvs}
    payload = tlvs.get(PAYLOAD)
    octets, join = read_header(bytes(event.short_message) if payload is None else payload, event.esm_class)
    if join is None and SAR_TOTAL in tlvs:
        join = sar(int.from_bytes(tlvs[SAR_REF]), tlvs[SAR_TOTAL][0], tlvs[SAR_PART][0])
    return Submit(
        to=event.destination_addr,
        sender=event.source_addr,
        coding=event.data_coding,
        text=read_text(octets, event.data_coding),
        join=join or plain(payload),
        tlvs={f"{tag:x}": value.decode("latin-1") for tag, value in tlvs.items() if tag >= DLT_FROM},
        wants_receipt=bool(event.registered_delivery & 1),
    )


class Smsc:
    def __init__(self, desks: dict[str, Desk], port: int) -> None:
        self._desks, self._port = desks, port
        self._bound: dict[str, tuple[Desk, Bound]] = {}
        self._server: smpp34.Server | None = None
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._server = smpp34.Server("127.0.0.1", self._port, system_id="smpp34")
        await self._server.start()
        self._pump = asyncio.create_task(self._take_events(self._server))

    async def restart(self) -> None:
        assert self._server is not None
        assert self._pump is not None
        self._pump.cancel()
        # Stopping the server leaves its sessions open: they would answer enquire_link, and submits with RSYSERR.
        await asyncio.gather(*[bound.take_leave() for _, bound in self._bound.values()])
        await self._server.stop()
        for desk, bound in self._bound.values():
            desk.part(bound)
        self._bound.clear()
        await self.open()
        say("restarted")

    async def _take_events(self, server: smpp34.Server) -> None:
        while True:
            event = await server.next()
            if isinstance(event, smpp34.Esme):
                desk, bound = self._desks[event.system_id], Bound(event)
                self._bound[event.session_id] = desk, bound
                desk.welcome(bound, "receives" if event.can_receive else "bind_transmitter")
            elif isinstance(event, smpp34.SubmitSmEvent):
                self._submitted(event)
            elif event.session_id in self._bound:
                desk, bound = self._bound.pop(event.session_id)
                desk.part(bound)

    def _submitted(self, event: smpp34.SubmitSmEvent) -> None:
        if event.session_id not in self._bound:
            return
        desk, _ = self._bound[event.session_id]
        ident = desk.take(read(event))
        if ident is None:
            event.reject(THROTTLED)
        else:
            event.accept(ident)
            desk.answered()


async def main() -> None:
    desks = make_desks(json.loads(sys.argv[1])["accounts"])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    smsc = Smsc(desks, port)
    await smsc.open()
    say("ready", port=port, version=version("smpp34"))
    await obey(desks, smsc.restart)


if __name__ == "__main__":
    asyncio.run(main())
