"""Which ruling each message is accepted or blocked on: written where it is new, and named in the log's rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from compliance.rules.decisions import Decisions
from compliance.rules.rulings import Snapshot, keep, snapshot_of
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import country_of
from messaging.services.judging import SENDER_MAX, Kind, Lot, Refused


class Rulings:
    """Of one accept.

    Args:
        decisions: that the messages were judged by; None names no ruling.
    """

    def __init__(self, decisions: Decisions | None) -> None:
        self._decisions = decisions
        self._found: dict[tuple[str, UUID | None, str], Snapshot] = {}
        self._of_kind: dict[Kind, UUID] = {}

    def look_up(self, lots: Iterable[Lot], refused: Iterable[Refused], now: datetime) -> None:
        """Find all of them, and write what is new in the current transaction."""
        if self._decisions is None:
            return
        for lot in lots:
            kind = lot.kind
            found = self._find(kind.sender, kind.template_id, lot.recipients[0])
            if found is not None:
                self._of_kind[kind] = found.id
        for each in refused:
            self._find(each.sender, each.template_id, each.recipient)
        keep(self._found.values(), now=now)

    def of_kind(self, kind: Kind) -> UUID | None:
        return self._of_kind.get(kind)

    def of_refused(self, refused: Refused) -> UUID | None:
        found = self._find(refused.sender, refused.template_id, refused.recipient)
        return found.id if found else None

    def _find(self, sender: str, template_id: UUID | None, recipient: str) -> Snapshot | None:
        """None where the number is of no country or nobody can read it: no country's rules were asked."""
        if self._decisions is None or not recipient.startswith("+") or len(sender) > SENDER_MAX:
            return None
        country = "IN" if recipient.startswith("+91") else country_of(E164(recipient))
        if country == "ZZ":
            return None
        key = (sender, template_id, country)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = snapshot_of(self._decisions, *key)
        return found
