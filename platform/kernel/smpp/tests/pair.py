"""An ESME and an SMSC session wired back to back, with one clock for both."""

from __future__ import annotations

from kernel.smpp.bulk import SubmitTemplate, submit_body
from kernel.smpp.constants import BindKind
from kernel.smpp.events import Event, Request
from kernel.smpp.liveness import Timers
from kernel.smpp.pdu import Bind, BindResp
from kernel.smpp.session import Session, Submission
from kernel.smpp.states import Role

TEMPLATE = SubmitTemplate(source_addr="DAKIYA", source_ton=5, source_npi=0)


def submission(key: str, text: bytes = b"hello", recipient: bytes = b"919800000001") -> Submission[str]:
    """One row for `submit_many`."""
    return Submission(key, submit_body(TEMPLATE, recipient, text))


class ConnectionPair:
    """Keys are strings. Octets travel only when a `to_…` method is called, so a test can lose, cut or delay them."""

    def __init__(
        self,
        *,
        window: int = 10,
        timers: Timers | None = None,
        server_timers: Timers | None = None,
        first_sequence: int = 1,
    ) -> None:
        self.now = 1000.0
        self.esme: Session[str] = Session(
            Role.ESME, window=window, timers=timers or Timers(), now=self.now, first_sequence=first_sequence
        )
        self.smsc: Session[str] = Session(
            Role.SMSC, window=window, timers=server_timers or Timers.server(), now=self.now
        )

    def to_smsc(self, data: bytes = b"") -> list[Event[str]]:
        """What the ESME's octets (and answers of its own) mean to the SMSC."""
        self.smsc.receive_data(self.esme.data_to_send() + data, self.now)
        return list(self.smsc.events())

    def to_esme(self, data: bytes = b"") -> list[Event[str]]:
        """The other way."""
        self.esme.receive_data(self.smsc.data_to_send() + data, self.now)
        return list(self.esme.events())

    def bind(self, kind: BindKind = BindKind.TRANSCEIVER) -> ConnectionPair:
        """Bind without questions; both ends are bound afterwards."""
        octets = self.esme.send_bind(Bind(kind=kind, system_id="dakiya", password="secret"), self.now)
        (event,) = self.to_smsc(octets)
        assert isinstance(event, Request)
        assert isinstance(event.pdu, Bind)
        answer = BindResp(sequence=event.pdu.sequence, kind=event.pdu.kind, system_id="centre")
        self.to_esme(self.smsc.respond(answer))
        assert self.esme.state is self.smsc.state
        assert self.esme.state.is_bound
        return self

    def submit(self, *keys: str) -> list[int]:
        """Submit one message per key and let the SMSC read them; the sequence numbers it has to answer."""
        events = self.to_smsc(self.esme.submit_many([submission(key) for key in keys], self.now))
        return [event.pdu.sequence for event in events if isinstance(event, Request)]

    def pass_time(self, seconds: float) -> None:
        """Move the clock; nobody is polled."""
        self.now += seconds
