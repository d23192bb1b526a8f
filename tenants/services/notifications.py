"""News for members. Written in the transaction of what happened; the mail follows by a task that finds what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.db.tenancy import current_tenant_id
from tenants.models import Member, Notification
from tenants.roles import Permission, roles_with

Tone = Notification.Tone


@dataclass(frozen=True, slots=True)
class News:
    """What happened, for people.

    Args:
        path: where the page about it is, beginning with "/".
        key: what it is about and what became of it; nobody gets two of one key. Empty: every call is news.
    """

    title: str
    path: str
    text: str = ""
    tone: Tone = Tone.INFO
    key: str = ""


def notify(*, user_ids: Iterable[UUID], news: News, now: datetime, is_mailed: bool = True) -> int:
    """Tell active members of the current tenant, others are left out; returns how many were told anew."""
    wanted = set(user_ids)
    if not wanted:
        return 0
    members = set(Member.objects.active().filter(user_id__in=wanted).values_list("user_id", flat=True))
    if news.key:
        members -= set(Notification.objects.filter(user_id__in=members, key=news.key).values_list("user_id", flat=True))
    rows = [
        Notification(
            tenant_id=current_tenant_id(),
            user_id=user_id,
            tone=news.tone,
            title=news.title[:200],
            text=news.text,
            path=news.path,
            key=news.key,
            created_at=now,
            mail_due_at=now if is_mailed else None,
        )
        for user_id in sorted(members)
    ]
    # Two runs of one task at the same moment: the second one's row is dropped by the constraint.
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def notify_bundled(*, user_ids: Iterable[UUID], news: News, now: datetime) -> int:
    """As `notify`; who was told by this key and has not read it finds the new words there instead of more news."""
    told = notify(user_ids=user_ids, news=news, now=now)
    unread = Notification.objects.filter(user_id__in=set(user_ids), key=news.key, read_at=None)
    unread.update(title=news.title[:200], text=news.text)
    return told


def people_with(permission: Permission) -> list[UUID]:
    """Active members of the current tenant whose role grants `permission`."""
    members = Member.objects.active().filter(role__in=roles_with(permission))
    return list(members.order_by("user_id").values_list("user_id", flat=True))


def read_notification(*, notification_id: UUID, user_id: UUID, now: datetime) -> Notification:
    """Mark one of this person's own as read; no mail is sent for it any more.

    Raises:
        Notification.DoesNotExist: no such one, or it is somebody else's.
    """
    own = Notification.objects.filter(user_id=user_id)
    own.filter(pk=notification_id, read_at=None).update(read_at=now, mail_due_at=None)
    return own.get(pk=notification_id)


def read_all_notifications(*, user_id: UUID, now: datetime) -> int:
    """Mark all of this person's own in the current tenant as read; returns how many were not."""
    return Notification.objects.filter(user_id=user_id, read_at=None).update(read_at=now, mail_due_at=None)
