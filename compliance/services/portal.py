"""The one place where what a portal tells about a record is taken down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from compliance.errors import InvalidValidity
from compliance.models.portal import PortalRecord
from compliance.portal_moves import as_told, is_expected
from compliance.statuses import PortalState, StateSource, Suspension


@dataclass(frozen=True, slots=True)
class Told:
    """A portal's word about one record: all of it, so that a date left out is a date that the portal does not tell.

    Args:
        reason: in the portal's words, or in a member's.
        suspended_for: meaningful with the state SUSPENDED only.
        valid_from, valid_to: first and last day, in the register's country.
    """

    state: PortalState
    reason: str = ""
    source: StateSource = StateSource.USER
    suspended_for: Suspension = Suspension.NONE
    valid_from: date | None = None
    valid_to: date | None = None


def told_of(record: PortalRecord) -> Told:
    """What stands about a record; `dataclasses.replace` changes one thing and keeps the rest."""
    return Told(
        PortalState(record.portal_state),
        record.state_reason,
        StateSource(record.state_source),
        Suspension(record.suspended_for),
        record.valid_from,
        record.valid_to,
    )


def only_state(record: PortalRecord, state: PortalState) -> Told:
    """A member says that the state is another one now, and nothing about the rest."""
    standing = told_of(record)
    if standing.state == state:
        return standing
    return replace(standing, state=state, reason="", source=StateSource.USER, suspended_for=Suspension.NONE)


def take_down(record: PortalRecord, told: Told, now: datetime) -> None:
    """Set the fields of a portal record, in any order of states; saving, trail and `touch` are the caller's.

    What is odd about it stands in `remarks` of the record then, in sentences.

    Raises:
        InvalidValidity: it would end before it begins.
    """
    if told.valid_from and told.valid_to and told.valid_to < told.valid_from:
        raise InvalidValidity(
            "invalid_validity",
            f"The last day, {told.valid_to:%d-%m-%Y}, is before the first, {told.valid_from:%d-%m-%Y}.",
            "Compare both days with the portal; they read day, month, year there.",
            field="valid_to",
        )
    before, after = PortalState(record.portal_state), as_told(record.portal_kind, told.state)
    is_suspended = after is PortalState.SUSPENDED
    record.portal_state, record.state_reason, record.state_source = after, told.reason.strip()[:300], told.source
    record.suspended_for = told.suspended_for if is_suspended else Suspension.NONE
    record.valid_from, record.valid_to = told.valid_from, told.valid_to
    if told.source in (StateSource.PORTAL, StateSource.IMPORT):
        record.synced_at = now
    record.remarks = ()
    if not record._state.adding and not is_expected(record.portal_kind, before, after):
        moved = f"A {record.portal_kind} that is {before.label.lower()} does not usually become {after.label.lower()}"
        record.remarks = (f"{moved}: compare it with the portal.",)


def portal_facts(record: PortalRecord) -> dict[str, object]:
    """What the trail keeps of a portal record."""
    return {
        "portal_state": str(record.portal_state),
        "state_reason": record.state_reason,
        "state_source": str(record.state_source),
        "suspended_for": str(record.suspended_for),
        "valid_from": record.valid_from.isoformat() if record.valid_from else None,
        "valid_to": record.valid_to.isoformat() if record.valid_to else None,
    }
