"""What pages of senders and templates do alike: submit, take back, decide, and say what happened."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.contrib import messages
from django.utils import timezone

from compliance import services
from compliance.awaiting import Place
from compliance.forms import DecisionForm, add_refusal
from compliance.models import Review, Sender, Template
from compliance.review_forms import ReviewForm
from compliance.statuses import ReviewEvent
from kernel.domain.errors import DomainError
from tenants.access import TenantRequest, actor_of
from tenants.roles import Permission, Role

DONE: Final = {
    ReviewEvent.APPROVE: "Approved {item}.",
    ReviewEvent.REJECT: "Rejected {item}; its writer sees your note.",
    ReviewEvent.ASK_CHANGES: "Asked for changes to {item}; its writer sees your note.",
}


def submit_item(request: TenantRequest, item: Sender | Template) -> None:
    """Submit it and leave a message either way."""
    try:
        services.submit(item=item, actor=actor_of(request), now=timezone.now())
    except DomainError as refusal:
        messages.error(request, f"{refusal.detail} {refusal.remedy}")
    else:
        messages.success(request, f"{item} is with the reviewers now.")


def withdraw_item(request: TenantRequest, item: Sender | Template) -> None:
    """Take it back from the reviewers and leave a message either way."""
    is_owner = request.member_role == Role.OWNER
    try:
        services.withdraw(item=item, actor=actor_of(request), now=timezone.now(), is_owner=is_owner)
    except DomainError as refusal:
        messages.error(request, f"{refusal.detail} {refusal.remedy}")
    else:
        messages.success(request, f"{item} is a draft again.")


def carry_out(
    request: TenantRequest, item: Sender | Template, event: ReviewEvent, note: str, seen_at: datetime | None = None
) -> None:
    """Decide as this member; the refusals are the service's.

    Raises:
        DomainError: ReviewRefused or WrongState.
    """
    actor, now = actor_of(request), timezone.now()
    if event is ReviewEvent.APPROVE:
        is_owner = request.member_role == Role.OWNER
        services.approve(item=item, actor=actor, now=now, note=note, may_approve_own=is_owner, seen_at=seen_at)
    elif event is ReviewEvent.REJECT:
        services.reject(item=item, actor=actor, now=now, note=note, seen_at=seen_at)
    else:
        services.ask_changes(item=item, actor=actor, now=now, note=note, seen_at=seen_at)


def decision_form(item: Sender | Template) -> DecisionForm:
    """The reviewer's answers about what is submitted now; what is submitted anew meanwhile is not decided by them."""
    if not item.is_submitted or item.submitted_at is None:
        return DecisionForm()
    return ReviewForm(initial={"seen": Place(item.submitted_at, item.pk)})


def decide_item(request: TenantRequest, item: Sender | Template) -> DecisionForm | None:
    """Carry out a reviewer's decision; the form with its errors when that is not possible."""
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return form
    event = form.event
    try:
        carry_out(request, item, event, form.words, form.seen_at)
    except DomainError as refusal:
        add_refusal(form, refusal)
        return form
    messages.success(request, outcome(item, event))
    return None


def outcome(item: Sender | Template, event: ReviewEvent) -> str:
    """What to tell a reviewer who has just decided."""
    if item.is_submitted:
        return f"You approved {item}; a second person has to approve it too."
    return DONE[event].format(item=item)


def reviews_of(item: Sender | Template) -> list[Review]:
    """Every step of an item's review, oldest first."""
    return list(Review.objects.filter(object_id=item.pk).order_by("id"))


def abilities(request: TenantRequest) -> dict[str, bool]:
    """What the page may offer this member."""
    return {
        "may_manage": Permission.MANAGE_COMPLIANCE in request.permissions,
        "may_review": Permission.REVIEW_COMPLIANCE in request.permissions,
    }
