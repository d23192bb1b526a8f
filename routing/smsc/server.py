"""The SMSC simulator as a whole: SMPP port, control port, and what belongs to both."""

from __future__ import annotations

import asyncio
from typing import Any

from routing.smsc.centre import Centre
from routing.smsc.connection import Connection
from routing.smsc.control import Control
from routing.smsc.journal import Journal
from routing.smsc.settings import Settings


class Simulator:
    """An SMPP 3.4 centre for development and tests. Make it inside a running event loop.

    Args:
        seed: of the outcomes that are left to chance.
        credentials: (system_id, password) the one account; None lets everybody in.
        settings: what `reset` goes back to.
        journal: where everything that was taken is written down; closed with the simulator.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        credentials: tuple[str, str] | None = None,
        settings: Settings | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._initial = settings or Settings()
        self.centre = Centre(settings=self._initial, seed=seed, credentials=credentials, journal=journal)
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self.port = 0
        self.control_port = 0

    async def start(self, *, host: str = "127.0.0.1", port: int = 0, control_port: int | None = 0) -> None:
        """Listen; port 0 takes a free one, control_port None opens none.

        Raises:
            OSError: a port is taken.
        """
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self.centre, self._connections), host, port, backlog=1024)
        self._servers.append(server)
        self.port = server.sockets[0].getsockname()[1]
        if control_port is not None:
            control = await asyncio.start_server(Control(self).serve, host, control_port)
            self._servers.append(control)
            self.control_port = control.sockets[0].getsockname()[1]

    def status(self) -> dict[str, Any]:
        return {"connections": len(self._connections), **self.centre.status()}

    def reset(self) -> dict[str, Any]:
        self.centre.reset(self._initial)
        return self.status()

    def disconnect(self) -> int:
        """Cut every connection; returns how many there were."""
        connections = list(self._connections)
        for connection in connections:
            connection.cut()
        return len(connections)

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.cut()
        self.centre.close()
        for server in self._servers:
            await server.wait_closed()
