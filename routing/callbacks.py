"""Operators that call back: what a kind of route does whose receipts come by HTTP requests to us.

A provider that has `read_callback` gets what is sent to its routes' addresses (`routing.callback_addresses`). Its
receipts are kept before the operator is answered, and the dispatcher finds their messages like any other receipt's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from kernel.domain.errors import DomainError
from kernel.smpp.receipts import Receipt


@dataclass(frozen=True, slots=True)
class Callback:
    """One request of an operator.

    Args:
        query: behind the question mark, as it came.
        headers: names in lower case.
        remote: the address of whoever connected.
    """

    method: str
    query: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    remote: str


class CalledBack(NamedTuple):
    """A receipt, and the number it is about as the operator writes it; empty where it does not say."""

    receipt: Receipt
    recipient: str


class CallbackRefused(DomainError):
    """`status` is HTTP's: 401 and 403 for who called, 400 for what was said."""

    def __init__(self, code: str, detail: str, remedy: str, *, status: int = 400) -> None:
        super().__init__(code, detail, remedy)
        self.status = status


@runtime_checkable
class HearsCallbacks(Protocol):
    def read_callback(
        self, settings: Mapping[str, Any], secrets: Mapping[str, str], call: Callback
    ) -> Sequence[CalledBack]:
        """The receipts of a request.

        Raises:
            CallbackRefused: it does not come from the operator, or cannot be read.
        """
