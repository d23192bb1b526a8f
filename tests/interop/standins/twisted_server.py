"""Starts tests/interop/standins/twisted_smsc.py: Twisted's reactor has to be chosen before anything imports it."""

from __future__ import annotations

import asyncio

from twisted.internet import asyncioreactor

if __name__ == "__main__":
    events = asyncio.new_event_loop()
    asyncioreactor.install(events)
    from tests.interop.standins.twisted_smsc import serve

    serve(events)
