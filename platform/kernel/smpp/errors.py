"""The two ways a conversation goes wrong: our mistake, or the peer's."""

from __future__ import annotations


class ProtocolError(Exception):
    """Base of both; never raised itself."""


class LocalProtocolError(ProtocolError):
    """We asked for something the protocol or the session's state forbids: a bug on our side, nothing was sent."""


class RemoteProtocolError(ProtocolError):
    """The peer sent octets that are not the PDU they claim to be.

    `status` is the command_status to answer with; `reason` a stable word: `invalid_length`, `http`, `tls`, `truncated`,
    `unterminated`, `odd_values`. `detail` is for people.
    """

    def __init__(self, status: int, reason: str, detail: str = "") -> None:
        super().__init__(detail or reason)
        self.status = status
        self.reason = reason
        self.detail = detail
