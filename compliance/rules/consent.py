"""What the recipient wants: no opt-out stands, and where consent is needed for promotions, there is one.

Passcodes are asked for by the person and pass. All wishes of a batch's recipients are read by one statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from compliance.consent.statuses import STANDING, ConsentAction
from compliance.rules.contract import RecipientRule, Refusal
from kernel.db.arrays import packed, text_items
from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from kernel.domain.traffic import TrafficClass

# Tells dispatchers to look at once whether an opt-out is about something in their stock; they look every second anyway.
WISHES_CHANNEL: Final = "dakiya_wishes"
EVERYTHING: Final = 0
_CATEGORY_DIGITS: Final = "12345678"
_NUMERIC_HEADER: Final = 6

# Kind, recipient, sender, topic; of consents the last event of each scope, until when it holds and its place among all;
# of preferences the bits. The gates are asked once: most tenants neither have a register nor always need consent. The
# tenant is in words for readers across tenants: what was accepted is asked again when it goes out.
WISHES_SQL: Final = """
WITH gate AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM compliance_dndlist WHERE tenant_id = %(tenant)s AND is_active) AS has_lists,
        EXISTS (SELECT FROM compliance_consentpolicy WHERE tenant_id = %(tenant)s AND needs_consent) AS is_needed)
SELECT 'optout', recipient, sender, topic, '', NULL::timestamptz, NULL::uuid, 0 FROM compliance_optout
WHERE tenant_id = %(tenant)s AND recipient = ANY(%(recipients)b::text[])
  AND (sender IS NULL OR sender = ANY(%(senders)b::text[])) AND lifted_at IS NULL
UNION ALL
SELECT 'dnd', d.recipient, NULL, NULL, '', NULL, NULL, d.blocked
FROM compliance_dndnumber d JOIN compliance_dndlist l ON l.id = d.of_list_id AND l.is_active
WHERE (SELECT has_lists FROM gate) AND d.tenant_id = %(tenant)s AND d.recipient = ANY(%(recipients)b::text[])
UNION ALL
SELECT 'consent', x.* FROM (
    SELECT DISTINCT ON (recipient, sender, topic) recipient, sender, topic, action, valid_until, id, 0
    FROM compliance_consentevent
    WHERE (SELECT has_lists OR is_needed FROM gate) AND tenant_id = %(tenant)s
      AND recipient = ANY(%(recipients)b::text[]) AND sender = ANY('{""}'::text[] || %(senders)b::text[])
    ORDER BY recipient, sender, topic, id DESC) x
UNION ALL
SELECT 'needed', '', NULL, NULL, '', NULL, NULL, 0 FROM gate WHERE is_needed"""

_OPTED_OUT: Final = Refusal(
    "opted_out",
    "The recipient opted out of messages from this sender.",
    "Take the number off the list; only the recipient can change this.",
)
_PREFERENCE: Final = Refusal(
    "preference_blocked",
    "The recipient's preference blocks promotions of this category.",
    "Take the number off the list, or collect the recipient's consent and record it.",
)
_MISSING: Final = Refusal(
    "consent_missing",
    "There is no consent of the recipient to promotions from this sender.",
    "Collect the recipient's consent and record it with its evidence.",
)
_EXPIRED: Final = Refusal(
    "consent_expired",
    "The recipient's consent to promotions from this sender has expired.",
    "Ask the recipient again, and record the new consent.",
)


class Consent(NamedTuple):
    """The last event of one scope; empty sender or topic is any. Events' ids grow with time."""

    sender: str
    topic: str
    action: str
    valid_until: datetime | None
    event_id: UUID


class Wishes(NamedTuple):
    """What was read of some recipients.

    Args:
        opt_outs: recipient → (sender, topic), None for any.
        blocked: recipient → categories as bits.
        is_consent_needed: by the tenant's own rule, of everybody.
    """

    opt_outs: Mapping[str, frozenset[tuple[str | None, str | None]]]
    consents: Mapping[str, Sequence[Consent]]
    blocked: Mapping[str, int]
    is_consent_needed: bool

    @classmethod
    def read(cls, recipients: Sequence[str], senders: Sequence[str]) -> Self:
        """The current tenant's recipients' wishes; one statement whatever their number."""
        return cls.of(_rows(recipients, senders))

    @classmethod
    def of(cls, rows: Iterable[tuple[Any, ...]]) -> Self:
        """What WISHES_SQL returned."""
        opt_outs: dict[str, set[tuple[str | None, str | None]]] = {}
        consents: dict[str, list[Consent]] = {}
        blocked: dict[str, int] = {}
        is_needed = False
        for kind, recipient, sender, topic, *rest in rows:
            if kind == "optout":
                opt_outs.setdefault(recipient, set()).add((sender, topic))
            elif kind == "dnd":
                blocked[recipient] = blocked.get(recipient, 0) | rest[3]
            elif kind == "consent":
                consents.setdefault(recipient, []).append(Consent(sender, topic, *rest[:3]))
            else:
                is_needed = True
        return cls({each: frozenset(found) for each, found in opt_outs.items()}, consents, blocked, is_needed)

    def rules(self, now: datetime) -> tuple[RecipientRule, ...]:
        """In the order in which they are asked."""
        return (NotOptedOut(self.opt_outs), Consented(self, now))


def _rows(recipients: Sequence[str], senders: Sequence[str]) -> list[tuple[Any, ...]]:
    if not recipients:
        return []
    with bulk_cursor() as cursor:
        cursor.execute(WISHES_SQL, asked_of(current_tenant_id(), recipients, senders))
        return cursor.fetchall()


def asked_of(tenant_id: UUID, recipients: Sequence[str], senders: Iterable[str]) -> dict[str, Any]:
    """The parameters of WISHES_SQL."""
    wanted = packed("text", text_items(recipients), len(recipients))
    return {"tenant": tenant_id, "recipients": wanted, "senders": list(senders)}


def covers(chosen: Iterable[tuple[str | None, str | None]], sender: str, topic: str) -> bool:
    """Whether one of these opt-outs is about messages of this sender and topic."""
    return any((of in (None, sender)) and (about in (None, topic)) for of, about in chosen)


class NotOptedOut(RecipientRule):
    """Holds the standing opt-outs of the recipients it was loaded for."""

    def __init__(self, standing: Mapping[str, frozenset[tuple[str | None, str | None]]]) -> None:
        self._standing = standing

    @classmethod
    def load(cls, recipients: Sequence[str], senders: Sequence[str]) -> NotOptedOut:
        return cls(Wishes.read(recipients, senders).opt_outs)

    def judge(self, recipient: str, sender: str, traffic_class: TrafficClass, topic: str = "") -> Refusal | None:
        chosen = self._standing.get(recipient)
        if chosen is None or traffic_class is TrafficClass.OTP:
            return None
        return _OPTED_OUT if covers(chosen, sender, topic) else None

    def judge_column(
        self, recipients: Sequence[str], sender: str, traffic_class: TrafficClass, topic: str = ""
    ) -> Mapping[int, Refusal]:
        if not self._standing or self._standing.keys().isdisjoint(recipients):
            return {}
        return super().judge_column(recipients, sender, traffic_class, topic)


class Consented(RecipientRule):
    """Promotions to people whose register entry blocks them, or whose consent the tenant always wants."""

    def __init__(self, wishes: Wishes, now: datetime) -> None:
        self._wishes = wishes
        self._now = now

    def judge(self, recipient: str, sender: str, traffic_class: TrafficClass, topic: str = "") -> Refusal | None:
        if traffic_class is not TrafficClass.PROMOTIONAL:
            return None
        is_blocked = blocks(self._wishes.blocked.get(recipient, 0), sender)
        if not (is_blocked or self._wishes.is_consent_needed):
            return None
        last = last_word(self._wishes.consents.get(recipient, ()), sender, topic)
        if last is not None and last.action in STANDING:
            return None if last.valid_until is None or last.valid_until > self._now else _EXPIRED
        if last is not None and last.action == ConsentAction.EXPIRED:
            return _EXPIRED
        return _PREFERENCE if is_blocked else _MISSING

    def judge_column(
        self, recipients: Sequence[str], sender: str, traffic_class: TrafficClass, topic: str = ""
    ) -> Mapping[int, Refusal]:
        wishes = self._wishes
        if traffic_class is not TrafficClass.PROMOTIONAL or not (wishes.blocked or wishes.is_consent_needed):
            return {}
        return super().judge_column(recipients, sender, traffic_class, topic)


def last_word(consents: Iterable[Consent], sender: str, topic: str) -> Consent | None:
    """The last thing said that is about messages of this sender and topic: consent is the fold over its events."""
    fitting = [each for each in consents if each.sender in ("", sender) and each.topic in ("", topic)]
    return max(fitting, key=lambda each: each.event_id.int, default=None)


def blocks(preference: int, sender: str) -> bool:
    """Whether a preference (bits by category, bit 0 everything) blocks promotions of this sender.

    A numeric header's first digit is its category; of one that tells none, any blocked category counts.
    """
    if preference & 1 << EVERYTHING:
        return True
    if len(sender) == _NUMERIC_HEADER and sender.isascii() and sender.isdigit() and sender[0] in _CATEGORY_DIGITS:
        return bool(preference & 1 << int(sender[0]))
    return preference != 0
