"""The recipient has not opted out. Passcodes are asked for by the person and pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from compliance.rules.contract import RecipientRule, Refusal
from kernel.db.arrays import packed, text_items
from kernel.db.bulk import bulk_cursor
from kernel.domain.traffic import TrafficClass

# With the tenant in words, for readers across tenants: what was accepted is asked again when it goes out.
STANDING_SQL: Final = (
    "SELECT recipient, sender FROM compliance_optout "
    "WHERE tenant_id = %s AND recipient = ANY(%s) AND (sender IS NULL OR sender = ANY(%s)) AND lifted_at IS NULL"
)
_OWN_SQL: Final = STANDING_SQL.replace("tenant_id = %s AND ", "").replace("ANY(%s)", "ANY(%b::text[])")
_REFUSAL: Final = Refusal(
    "opted_out",
    "The recipient opted out of messages from this sender.",
    "Take the number off the list; only the recipient can change this.",
)


class NotOptedOut(RecipientRule):
    """Holds the standing opt-outs of the recipients it was loaded for: recipient → senders, None among them for all."""

    def __init__(self, standing: Mapping[str, frozenset[str | None]]) -> None:
        self._standing = standing

    @classmethod
    def load(cls, recipients: Sequence[str], senders: Sequence[str]) -> NotOptedOut:
        found: dict[str, set[str | None]] = {}
        if recipients:
            with bulk_cursor() as cursor:
                cursor.execute(_OWN_SQL, [packed("text", text_items(recipients), len(recipients)), list(senders)])
                for recipient, sender in cursor.fetchall():
                    found.setdefault(recipient, set()).add(sender)
        return cls({recipient: frozenset(chosen) for recipient, chosen in found.items()})

    def judge(self, recipient: str, sender: str, traffic_class: TrafficClass) -> Refusal | None:
        chosen = self._standing.get(recipient)
        if chosen is None or traffic_class is TrafficClass.OTP:
            return None
        return _REFUSAL if None in chosen or sender in chosen else None

    def judge_column(
        self, recipients: Sequence[str], sender: str, traffic_class: TrafficClass
    ) -> Mapping[int, Refusal]:
        if not self._standing or self._standing.keys().isdisjoint(recipients):
            return {}
        return super().judge_column(recipients, sender, traffic_class)
