"""The one way through a review, for senders and templates alike."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from audit.services import Actor, record
from compliance.errors import ReviewRefused, WrongState
from compliance.models import Review, Sender, Template
from compliance.rules.versions import touch
from compliance.statuses import REVIEW, ReviewEvent, ReviewState

Item = TypeVar("Item", bound=Sender | Template)


def submit(*, item: Item, actor: Actor, now: datetime, note: str = "") -> Item:
    """Hand a draft, or what was changed as asked, to the reviewers.

    Raises:
        WrongState: it is in review or decided already.
    """
    return _move(item, ReviewEvent.SUBMIT, actor, now, note)


def approve(*, item: Item, actor: Actor, now: datetime, note: str = "", may_approve_own: bool = False) -> Item:
    """Say yes. Sending needs the country's registration besides.

    Args:
        may_approve_own: the actor is an owner, who answers for everything; others need a second pair of eyes.

    Raises:
        ReviewRefused: `own_submission`, the actor submitted it.
        WrongState: it is not in review, or somebody else decided first.
    """
    if not may_approve_own and actor.id is not None and actor.id == item.submitted_by_id:
        raise ReviewRefused(
            "own_submission",
            "You submitted this yourself, and a second person has to approve it.",
            "Ask another compliance officer or an owner.",
        )
    return _move(item, ReviewEvent.APPROVE, actor, now, note)


def reject(*, item: Item, actor: Actor, now: datetime, note: str) -> Item:
    """Say no for good. Raises ReviewRefused without a note, WrongState as `approve`."""
    _require(note)
    return _move(item, ReviewEvent.REJECT, actor, now, note)


def ask_changes(*, item: Item, actor: Actor, now: datetime, note: str) -> Item:
    """Hand it back to its writer. Raises ReviewRefused without a note, WrongState as `approve`."""
    _require(note)
    return _move(item, ReviewEvent.ASK_CHANGES, actor, now, note)


def _require(note: str) -> None:
    if not note.strip():
        raise ReviewRefused(
            "note_missing", "The writer has to learn why.", "Write a note that says what is wrong.", field="note"
        )


def _move(item: Item, event: ReviewEvent, actor: Actor, now: datetime, note: str) -> Item:
    before = ReviewState(item.state)
    after = REVIEW.next(before, event)
    if after is None:
        raise WrongState(
            "wrong_state", f"It is {before.label.lower()}, so this is not possible now.", "Reload the page."
        )
    kind = Review.Of.SENDER if isinstance(item, Sender) else Review.Of.TEMPLATE
    with transaction.atomic():
        changed: dict[str, object] = {"state": after}
        if event is ReviewEvent.SUBMIT:
            changed |= {"submitted_at": now, "submitted_by_id": actor.id}
        else:
            changed["decided_at"] = now
        if type(item).objects.filter(pk=item.pk, state=before).update(**changed) == 0:
            raise WrongState("wrong_state", "Somebody else was faster.", "Reload the page to see the decision.")
        Review.objects.create(
            object_type=kind,
            object_id=item.pk,
            from_state=before,
            to_state=after,
            actor_id=actor.id,
            actor_label=actor.label[:200],
            note=note.strip(),
            at=now,
        )
        record(
            action=f"{kind}.{event}",
            actor=actor,
            object_type=kind.value,
            object_id=item.pk,
            summary=f"{_DONE[event]} the {kind} {item}",
            before={"state": before.value},
            after={"state": after.value, "note": note.strip()},
            now=now,
        )
        touch()
    item.refresh_from_db()
    return item


_DONE = {
    ReviewEvent.SUBMIT: "Submitted",
    ReviewEvent.APPROVE: "Approved",
    ReviewEvent.REJECT: "Rejected",
    ReviewEvent.ASK_CHANGES: "Asked for changes of",
}
