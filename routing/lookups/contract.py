"""What a look-up kind is: the plug that joins the platform to one source of knowledge about numbers.

A kind imports no model, reads no setting of Django's and keeps no money: all it needs is in `LookupConfig`, and
speed, price and keeping answers are its caller's. `docs/adding-a-lookup.md` walks through a new one; the stories of
`routing/conformance/lookups.py` are the proof.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from kernel.telecom.e164 import E164

if TYPE_CHECKING:
    from django import forms

LONGEST_NAME: Final = 60


class LookupStatus(StrEnum):
    """What the source says of a number. ERROR is no word about the number: nothing was learnt, nothing is paid."""

    LIVE = "live"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    ERROR = "error"


class LineType(StrEnum):
    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LookupConfig:
    """A source as a worker uses it.

    Args:
        settings: as the kind's settings_form left them.
        secrets: the fields named in `secret_fields`; keep them out of logs and exceptions.
        allows_inside: hosts of private networks and of this machine may be asked: in development only.
    """

    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    allows_inside: bool = False


class LookupResult(NamedTuple):
    """What is known of one number now.

    Args:
        operator: who serves it now, in the source's words; empty where it does not say.
        is_ported: it is not with the operator it was allotted to; None where the source does not say.
        detail: why there is an error, for staff; never a secret, never the number.
    """

    status: LookupStatus
    line_type: LineType = LineType.UNKNOWN
    operator: str = ""
    circle: str = ""
    is_ported: bool | None = None
    detail: str = ""


class LookupSession(Protocol):
    """A source that is open. Several questions may be under way at once, in one event loop."""

    async def ask(self, number: E164) -> LookupResult:
        """One question. Whatever the source does, there is a result; only being cancelled ends it otherwise."""

    async def close(self) -> None:
        """End at once. Harmless when repeated."""


class Lookup(Protocol):
    """A kind of source; one instance serves all sources of its kind."""

    @property
    def kind(self) -> str:
        """Stored with the source: short, lower case, for ever."""

    @property
    def label(self) -> str:
        """For people."""

    @property
    def settings_form(self) -> type[forms.Form]:
        """The fields of `LookupConfig.settings` and `secrets`; its cleaned values must fit JSON."""

    @property
    def secret_fields(self) -> frozenset[str]:
        """Which fields of the form are secrets: written, never shown."""

    async def open(self, config: LookupConfig) -> LookupSession:
        """Make ready to ask; nothing is connected yet.

        Raises:
            LookupConfigProblem: the settings cannot work, whatever the source does.
        """
