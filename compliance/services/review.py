"""The one way through a review, for senders and templates alike. (docs/rules.md#review)"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile
from typing import Final, TypeVar, cast

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from audit.queries import Search, entries
from audit.services import Actor, record
from compliance.errors import ReviewRefused, WrongState
from compliance.findings import counts, findings_of
from compliance.models import Review, Sender, Template
from compliance.rules.versions import touch
from compliance.statuses import REVIEW, ReviewEvent, ReviewState
from kernel.db.tenancy import current_tenant_id
from tenants.models import Tenant
from tenants.roles import Permission
from tenants.services import News, Tone, notify, notify_bundled, people_with

Item = TypeVar("Item", bound=Sender | Template)
Rule = Tenant.ReviewRule


def submit(*, item: Item, actor: Actor, now: datetime, note: str = "") -> Item:
    """Hand a draft, or what was changed as asked, to the reviewers.

    Raises:
        WrongState: it is in review or decided already.
    """
    with transaction.atomic():
        current, after = _locked(item, ReviewEvent.SUBMIT)
        current.submitted_at, current.submitted_by_id = now, actor.id
        current.error_count, current.advice_count = counts(findings_of(current))
        moved = _move(item, current, after, ReviewEvent.SUBMIT, actor, now, note)
        tell_reviewers(actor=actor, now=now)
    return moved


def tell_reviewers(*, actor: Actor, now: datetime) -> None:
    """Something waits: news for everybody who may review but who brought it, at most one for each hour of the clock.

    The one of this hour says how many there are by now until it is read.
    """
    waiting = sum(model.objects.filter(state=ReviewState.SUBMITTED).count() for model in (Sender, Template))
    news = News(
        title=f"{waiting:,} {'item waits' if waiting == 1 else 'items wait'} for review",
        path=reverse("compliance:queue"),
        text=f"The last from {actor.label}",
        tone=Tone.WAIT,
        key=f"review.waiting.{now.astimezone(UTC):%Y%m%d%H}",
    )
    reviewers = set(people_with(Permission.REVIEW_COMPLIANCE)) - {actor.id}
    notify_bundled(user_ids=reviewers, news=news, now=now)


def withdraw(*, item: Item, actor: Actor, now: datetime, note: str = "", is_owner: bool = False) -> Item:
    """Take it back from the reviewers, to be changed and submitted again; for who submitted or wrote it, and owners.

    Raises:
        ReviewRefused: `not_your_submission`.
        WrongState: it is not in review any more.
    """
    with transaction.atomic():
        current, after = _locked(item, ReviewEvent.WITHDRAW)
        if not is_owner and (actor.id is None or actor.id not in (current.submitted_by_id, current.created_by_id)):
            raise ReviewRefused(
                "not_your_submission",
                "Somebody else submitted this.",
                "Ask them or an owner to take it back, or ask for changes.",
            )
        return _move(item, current, after, ReviewEvent.WITHDRAW, actor, now, note)


def approve(
    *,
    item: Item,
    actor: Actor,
    now: datetime,
    note: str = "",
    may_approve_own: bool = False,
    seen_at: datetime | None = None,
) -> Item:
    """Say yes. Sending needs the country's registration besides.

    Where the organisation wants two approvers, the first yes leaves it in review.

    Args:
        may_approve_own: the actor is an owner, who answers for everything where one reviewer is enough.
        seen_at: when that which the reviewer read was submitted.

    Raises:
        ReviewRefused: `own_submission`, the actor submitted (under four eyes: or wrote) it; `approved_by_you`.
        WrongState: it is not in review, somebody else decided first, or it was submitted anew since `seen_at`.
    """
    with transaction.atomic():
        current, after = _locked(item, ReviewEvent.APPROVE, seen_at)
        rule = _rule()
        _refuse_own(current, actor, rule, may_approve_own=may_approve_own)
        if rule == Rule.TWO_APPROVERS:
            after = _after_one_of_two(current, actor)
        return _move(item, current, after, ReviewEvent.APPROVE, actor, now, note)


def reject(*, item: Item, actor: Actor, now: datetime, note: str, seen_at: datetime | None = None) -> Item:
    """Say no for good. Raises ReviewRefused without a note, WrongState as `approve`."""
    return _send_back(item, ReviewEvent.REJECT, actor, now, note, seen_at)


def ask_changes(*, item: Item, actor: Actor, now: datetime, note: str, seen_at: datetime | None = None) -> Item:
    """Hand it back to its writer. Raises ReviewRefused without a note, WrongState as `approve`."""
    return _send_back(item, ReviewEvent.ASK_CHANGES, actor, now, note, seen_at)


def first_approvals(item: Sender | Template) -> list[Review]:
    """The approvals, newest first, that this submission has and that did not decide it yet."""
    newest = Review.objects.filter(object_id=item.pk).order_by("-id")[:10]
    return list(takewhile(lambda step: step.is_first_approval, newest))


def _send_back(
    item: Item, event: ReviewEvent, actor: Actor, now: datetime, note: str, seen_at: datetime | None
) -> Item:
    if not note.strip():
        raise ReviewRefused(
            "note_missing", "The writer has to learn why.", "Write a note that says what is wrong.", field="note"
        )
    with transaction.atomic():
        current, after = _locked(item, event, seen_at)
        return _move(item, current, after, event, actor, now, note)


def _rule() -> str:
    """How many people a review takes here; one where nobody has said."""
    chosen = Tenant.objects.filter(pk=current_tenant_id()).values_list("review_rule", flat=True).first()
    return chosen or Rule.ONE


def _refuse_own(item: Sender | Template, actor: Actor, rule: str, *, may_approve_own: bool) -> None:
    if actor.id is None:
        return
    if rule == Rule.ONE:
        is_own = actor.id == item.submitted_by_id and not may_approve_own
    else:
        is_own = actor.id in (item.submitted_by_id, item.created_by_id) or _has_written(item, actor)
    if is_own:
        raise ReviewRefused(
            "own_submission",
            "You submitted or wrote this yourself, and a second person has to approve it.",
            "Ask another compliance officer or an owner.",
        )


def objection_to_own(*, item: Sender | Template, actor: Actor, may_approve_own: bool) -> ReviewRefused | None:
    """Why `approve` would refuse this actor as the writer, to be told beforehand; None when it would not."""
    try:
        _refuse_own(item, actor, _rule(), may_approve_own=may_approve_own)
    except ReviewRefused as refusal:
        return refusal
    return None


def _has_written(item: Sender | Template, actor: Actor) -> bool:
    kind = _kind(item).value
    mine = entries(Search(object_id=item.pk, actor_id=actor.id))
    return mine.filter(action__in=[f"{kind}.create", f"{kind}.change", f"{kind}.version"]).exists()


def _after_one_of_two(item: Sender | Template, actor: Actor) -> ReviewState:
    given = first_approvals(item)
    if any(step.actor_id == actor.id for step in given):
        raise ReviewRefused(
            "approved_by_you",
            "You approved it already, and a second person has to approve it too.",
            "Ask another compliance officer or an owner.",
        )
    return ReviewState.APPROVED if given else ReviewState.SUBMITTED


def _kind(item: Sender | Template) -> Review.Of:
    return Review.Of.SENDER if isinstance(item, Sender) else Review.Of.TEMPLATE


def _locked(item: Item, event: ReviewEvent, seen_at: datetime | None = None) -> tuple[Item, ReviewState]:
    """The row as it is now, kept from others, and the state that the event leads to."""
    rows = cast("QuerySet[Item]", type(item)._default_manager.all())
    current = rows.select_for_update(of=("self",)).get(pk=item.pk)
    before = ReviewState(current.state)
    after = REVIEW.next(before, event)
    if after is None:
        raise WrongState("wrong_state", _what_it_is(current, before), "Reload the page.")
    if seen_at is not None and current.submitted_at != seen_at:
        raise WrongState(
            "submitted_anew",
            "It was taken back and submitted anew after you opened it.",
            "Reload the page and read it again.",
        )
    return current, after


def _what_it_is(item: Sender | Template, state: ReviewState) -> str:
    last = Review.objects.filter(object_id=item.pk).order_by("-id").first()
    if last is None:
        return f"It is {state.label.lower()}, so this is not possible now."
    when = timezone.localtime(last.at).strftime("%-d %B %Y, %H:%M")
    return f"{last.actor_label} was faster and {_SINCE[state]} on {when}."


def _move(
    item: Item, current: Item, after: ReviewState, event: ReviewEvent, actor: Actor, now: datetime, note: str
) -> Item:
    before, note = ReviewState(current.state), note.strip()
    current.state = after
    if after != ReviewState.SUBMITTED:
        current.decided_at = None if event is ReviewEvent.WITHDRAW else now
    current.save(update_fields=_MOVED)
    Review.objects.create(
        object_type=_kind(item),
        object_id=item.pk,
        from_state=before,
        to_state=after,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        note=note,
        at=now,
    )
    record(
        action=f"{_kind(item)}.{event}",
        actor=actor,
        object_type=_kind(item).value,
        object_id=item.pk,
        summary=f"{_DONE[event]} the {_kind(item)} {item}",
        before={"state": before.value},
        after={"state": after.value, "note": note},
        now=now,
    )
    _tell_the_writer(current, event, actor, now, note)
    touch()
    item.refresh_from_db()
    return item


def _tell_the_writer(item: Sender | Template, event: ReviewEvent, actor: Actor, now: datetime, note: str) -> None:
    """In the transaction of the decision: what was decided is told, whatever becomes of the broker."""
    if event not in _NEWS or item.state == ReviewState.SUBMITTED:
        return
    tone, verb = _NEWS[event]
    kind = _kind(item)
    news = News(
        title=f"{kind.label} {item}: {verb}",
        path=reverse(f"compliance:{kind.value}", args=[item.pk]),
        text=f"{actor.label}: {note}" if note else f"By {actor.label}",
        tone=tone,
    )
    writers = {person for person in (item.submitted_by_id, item.created_by_id) if person and person != actor.id}
    notify(user_ids=writers, news=news, now=now)


_MOVED: Final = ("state", "submitted_at", "submitted_by_id", "decided_at", "error_count", "advice_count")
_SINCE: Final = {
    ReviewState.DRAFT: "took it back",
    ReviewState.SUBMITTED: "submitted it",
    ReviewState.CHANGES_ASKED: "asked for changes of it",
    ReviewState.APPROVED: "approved it",
    ReviewState.REJECTED: "rejected it",
}
_DONE: Final = {
    ReviewEvent.SUBMIT: "Submitted",
    ReviewEvent.APPROVE: "Approved",
    ReviewEvent.REJECT: "Rejected",
    ReviewEvent.ASK_CHANGES: "Asked for changes of",
    ReviewEvent.WITHDRAW: "Took back",
}
_NEWS: Final = {
    ReviewEvent.APPROVE: (Tone.OK, "approved"),
    ReviewEvent.REJECT: (Tone.BAD, "rejected"),
    ReviewEvent.ASK_CHANGES: (Tone.WAIT, "changes asked for"),
}
