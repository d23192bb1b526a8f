from __future__ import annotations

from celery import shared_task

from kernel.domain.clock import utc_now
from tenants.mailing import mail_due_invitations


@shared_task(name="tenants.mail_invitations")
def mail_invitations() -> None:
    mail_due_invitations(now=utc_now())
