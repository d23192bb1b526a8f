"""What the database and the numbering plans know of some people of a list, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

import phonenumbers
from phonenumbers import PhoneNumberType

from kernel.db.bulk import bulk_cursor
from kernel.db.tenancy import current_tenant_id
from kernel.domain.ids import uuid7_floor
from kernel.telecom.allotment import original_operator
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import country_of
from messaging.statuses import Status

PAGE: Final = 5_000
# Messages older than this say nothing about a number any more.
LATELY: Final = timedelta(days=180)
FIRST: Final = UUID(int=0)
# Numbers of one series differ in their last digits alone.
_TAIL: Final = 4

_MEMBERS_SQL: Final = """
SELECT m.contact_id, c.phone FROM (
    SELECT contact_id FROM campaigns_membership
    WHERE tenant_id = %s AND contact_list_id = %s AND contact_id > %s ORDER BY contact_id LIMIT %s
) m JOIN campaigns_contact c ON c.tenant_id = %s AND c.id = m.contact_id
ORDER BY m.contact_id"""
# One probe of an index a person and table; messages of a person are few.
_FACTS_SQL: Final = """
SELECT g.phone,
    EXISTS (SELECT FROM compliance_optout o
            WHERE o.tenant_id = %(tenant)s AND o.recipient = g.phone AND o.lifted_at IS NULL),
    EXISTS (SELECT FROM compliance_dndnumber d JOIN compliance_dndlist l ON l.tenant_id = d.tenant_id
                AND l.id = d.of_list_id AND l.is_active
            WHERE d.tenant_id = %(tenant)s AND d.recipient = g.phone AND d.blocked <> 0),
    coalesce(f.failures, 0), a.status, a.line_type, a.operator, a.circle, a.is_ported, a.at, s.sent, s.delivered_at
FROM unnest(%(phones)b::text[]) WITH ORDINALITY AS g (phone, position)
LEFT JOIN campaigns_numberfailure f ON f.tenant_id = %(tenant)s AND f.phone = g.phone
LEFT JOIN campaigns_lookupanswer a ON a.tenant_id = %(tenant)s AND a.phone = g.phone
CROSS JOIN LATERAL (
    SELECT count(*) AS sent, max(m.final_at) FILTER (WHERE m.status = %(delivered)s) AS delivered_at FROM messages m
    WHERE m.tenant_id = %(tenant)s AND m.recipient = g.phone AND m.id >= %(floor)s
) s
ORDER BY g.position"""


class Line(StrEnum):
    """What a series says of the line. EITHER: its plan does not tell mobiles from landlines."""

    MOBILE = "mobile"
    EITHER = "either"
    LANDLINE = "landline"
    OTHER = "other"
    INVALID = "invalid"


_LINES: Final = {
    PhoneNumberType.MOBILE: Line.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Line.EITHER,
    PhoneNumberType.FIXED_LINE: Line.LANDLINE,
    PhoneNumberType.UNKNOWN: Line.INVALID,
}


class Member(NamedTuple):
    contact_id: UUID
    phone: E164


class Facts(NamedTuple):
    """Of one number.

    Args:
        failures: for good, since the last delivery.
        status, line_type, operator, circle, is_ported, looked_up_at: of the last look-up; None without one.
        sent, delivered_at: of the messages of LATELY.
    """

    phone: E164
    is_opted_out: bool
    is_blocked: bool
    failures: int
    status: str | None
    line_type: str | None
    operator: str | None
    circle: str | None
    is_ported: bool | None
    looked_up_at: datetime | None
    sent: int
    delivered_at: datetime | None

    @property
    def is_suspicious(self) -> bool:
        """Failed for good, or written to lately and never delivered."""
        return self.failures > 0 or (self.sent > 0 and self.delivered_at is None)


def members_after(list_id: UUID, after: UUID | None, limit: int = PAGE) -> list[Member]:
    """The next people of a list behind a contact id, in the order of their ids."""
    tenant_id = current_tenant_id()
    with bulk_cursor() as cursor:
        cursor.execute(_MEMBERS_SQL, [tenant_id, list_id, after or FIRST, limit, tenant_id])
        return [Member(*row) for row in cursor.fetchall()]


def facts_of(phones: Sequence[str], now: datetime) -> list[Facts]:
    """What is known of these numbers, in their order; one statement."""
    parameters: dict[str, Any] = {
        "tenant": current_tenant_id(),
        "phones": list(phones),
        "delivered": Status.DELIVERED.value,
        "floor": uuid7_floor(now - LATELY),
    }
    with bulk_cursor() as cursor:
        cursor.execute(_FACTS_SQL, parameters)
        return [Facts(*row) for row in cursor.fetchall()]


class Allotment(NamedTuple):
    """What the numbering plans say of a series: where it is, what for, and whose it was."""

    country: str
    line: Line
    operator: str


def allotment_of(phone: E164) -> Allotment:
    return _of_series(phone[:-_TAIL])


@lru_cache(maxsize=100_000)
def _of_series(series: str) -> Allotment:
    number = E164(series + "0" * _TAIL)
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return Allotment(country_of(number), _LINES.get(kind, Line.OTHER), original_operator(number))
