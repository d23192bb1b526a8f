"""What went to these people before: the same text within minutes, too many promotions, too much to one destination.

Asked only by tenants that switched it on, by one indexed statement per question and accept. Accepts of few messages
take a lock per recipient first, so that a request sent twice at the same moment is seen by one of the two; large ones,
whose recipients differ, do not wait for each other (docs/rules.md#recipients).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from compliance.rules.contract import Refusal
from compliance.rules.destinations import CAP, capped
from compliance.rules.recipient_facts import DestinationFacts, RecipientFacts
from compliance.rules.rule import About, Basis, LooksAt
from kernel.db.arrays import packed, text_items
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from kernel.domain.ids import uuid7_floor
from kernel.domain.traffic import TrafficClass

DUPLICATE: Final = About(
    "duplicate_message",
    "duplicate_message",
    "The recipient was just sent the same text by the same sender (off until you choose minutes).",
    "Check that the message is not sent twice; send it again when the minutes are over.",
    LooksAt.RECIPIENT,
    Basis.STYLE,
)
FREQUENCY: Final = About(
    "frequency_cap",
    "frequency_capped",
    "The recipient has had as many promotions as your organisation allows (off until you choose numbers).",
    "Send the promotion later, or raise the number under Compliance, Recipients.",
    LooksAt.RECIPIENT,
    Basis.STYLE,
)

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
# More recipients than these in one accept are not locked one by one.
_LOCKED: Final = 64
# Statuses of messages that nobody received: blocked, cancelled, expired, rejected, failed.
_NEVER_LEFT: Final = (61, 62, 63, 80, 81)

_LOCK_SQL: Final = """
SELECT pg_advisory_xact_lock(hashtextextended(key, 0))
FROM (SELECT DISTINCT unnest(%b::text[]) AS key ORDER BY key) k"""
_TEXTS_SQL: Final = """
SELECT m.recipient, m.sender, t.text
FROM messages m JOIN message_texts t ON t.tenant_id = m.tenant_id AND t.retention = m.retention_days AND t.id = m.id
WHERE m.tenant_id = %s AND m.recipient = ANY(%b::text[]) AND m.id >= %s AND t.id >= %s
  AND m.sender = ANY(%b::text[]) AND m.status <> ALL(%s::int2[])"""
_PROMOTIONS_SQL: Final = """
SELECT recipient, count(*) FILTER (WHERE id >= %s), count(*) FROM messages
WHERE tenant_id = %s AND recipient = ANY(%b::text[]) AND id >= %s AND traffic_class = %s AND status <> ALL(%s::int2[])
GROUP BY recipient"""
# The column has collation C: what lies between is what begins with the digits.
_DESTINATION_SQL: Final = """
SELECT count(*) FROM messages
WHERE tenant_id = %s AND recipient >= %s AND recipient < %s AND id >= %s AND traffic_class = %s
  AND status <> ALL(%s::int2[])"""


@dataclass(slots=True)
class History:
    """What was read of some recipients, and what passed since: repeats within one accept count too."""

    facts: RecipientFacts
    texts: set[tuple[str, str, str]] = field(default_factory=set)
    promotions: dict[str, list[int]] = field(default_factory=dict)
    sent: dict[DestinationFacts, int] = field(default_factory=dict)

    @classmethod
    def read(
        cls, facts: RecipientFacts, recipients: Sequence[str], senders: Collection[str], now: datetime, *, locks: bool
    ) -> History | None:
        """The current tenant's; at most one statement per rule that is switched on, and one for the locks."""
        if not (facts.needs_history and recipients):
            return None
        tenant_id, never = current_tenant_id(), list(_NEVER_LEFT)
        wanted = packed("text", text_items(recipients), len(recipients))
        history = cls(facts)
        capped_here = capped(facts, recipients)
        with bulk_cursor() as cursor:
            if locks and len(recipients) <= _LOCKED:
                keys = [f"{tenant_id}{key}" for key in (*recipients, *(each.prefix for each in capped_here))]
                cursor.execute(_LOCK_SQL, [packed("text", text_items(keys), len(keys))])
            if facts.duplicate_minutes:
                since = uuid7_floor(now - timedelta(minutes=facts.duplicate_minutes))
                named = packed("text", text_items(list(senders)), len(senders))
                cursor.execute(_TEXTS_SQL, [tenant_id, wanted, since, since, named, never])
                history.texts.update(cursor.fetchall())
            if facts.per_day or facts.per_week:
                day, week = uuid7_floor(now - DAY), uuid7_floor(now - (WEEK if facts.per_week else DAY))
                promotional = int(TrafficClass.PROMOTIONAL)
                cursor.execute(_PROMOTIONS_SQL, [day, tenant_id, wanted, week, promotional, never])
                history.promotions.update((name, [in_day, in_week]) for name, in_day, in_week in cursor.fetchall())
            for each in capped_here:
                if each.traffic_class is not None:
                    between = each.prefix, each.prefix[:-1] + chr(ord(each.prefix[-1]) + 1)
                    since = uuid7_floor(now - DAY)
                    parameters: list[Any] = [tenant_id, *between, since, int(each.traffic_class), never]
                    cursor.execute(_DESTINATION_SQL, parameters)
                    history.sent[each] = (cursor.fetchone() or (0,))[0]
        return history

    def repeats(self, recipients: Sequence[str], sender: str, texts: Sequence[str]) -> Mapping[int, Refusal]:
        """Those who have this text already, from before or from earlier in the same accept."""
        if not self.facts.duplicate_minutes:
            return {}
        found: dict[int, Refusal] = {}
        for place, (recipient, text) in enumerate(zip(recipients, texts, strict=True)):
            key = (recipient, sender, text)
            if key in self.texts:
                found[place] = self._duplicate()
            self.texts.add(key)
        return found

    def _duplicate(self) -> Refusal:
        minutes = self.facts.duplicate_minutes
        return DUPLICATE.refusal(f"The recipient was sent this text by this sender within {minutes} minutes.")

    def too_many(self, recipients: Sequence[str], traffic_class: TrafficClass) -> Mapping[int, Refusal]:
        """Those who had enough promotions."""
        facts = self.facts
        if traffic_class is not TrafficClass.PROMOTIONAL or not (facts.per_day or facts.per_week):
            return {}
        found: dict[int, Refusal] = {}
        for place, recipient in enumerate(recipients):
            counts = self.promotions.setdefault(recipient, [0, 0])
            for (cap, span), count in zip(
                ((facts.per_day, "24 hours"), (facts.per_week, "7 days")), counts, strict=True
            ):
                if cap and count >= cap:
                    found[place] = FREQUENCY.refusal(f"The recipient has had {cap} promotions within {span}.")
            if place not in found:
                self.promotions[recipient] = [count + 1 for count in counts]
        return found

    def over_cap(self, recipients: Sequence[str], traffic_class: TrafficClass) -> Mapping[int, Refusal]:
        """Those to whom an opened destination's cap leaves no room."""
        own = [each for each in self.sent if each.traffic_class is traffic_class]
        return dict(self._over_cap(own, recipients)) if own else {}

    def _over_cap(self, own: Sequence[DestinationFacts], recipients: Sequence[str]) -> Iterator[tuple[int, Refusal]]:
        for place, recipient in enumerate(recipients):
            for each in own:
                if not recipient.startswith(each.prefix):
                    continue
                if self.sent[each] >= each.cap:
                    detail = (
                        f"Within 24 hours {each.cap} messages of this class went to {each.prefix}, which is its cap."
                    )
                    yield place, CAP.refusal(detail)
                    break
                self.sent[each] += 1
