from __future__ import annotations

from celery import shared_task

from kernel.domain.clock import utc_now
from tenants.mailing import forget_old_notifications, mail_due_invitations, mail_due_notifications


@shared_task(name="tenants.mail_invitations")
def mail_invitations() -> None:
    mail_due_invitations(now=utc_now())


@shared_task(name="tenants.mail_notifications")
def mail_notifications() -> None:
    mail_due_notifications(now=utc_now())


@shared_task(name="tenants.housekeeping")
def housekeeping() -> None:
    forget_old_notifications(now=utc_now())
