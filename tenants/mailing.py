"""Mails of this room. What is due is a column, so a mail is sent after a lost broker and a lost worker too."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from kernel.db.tenancy import platform_context, tenant_context
from tenants.models import Invitation, Tenant
from tenants.services.invitations import link_token

RETRY_AFTER: Final = timedelta(minutes=10)
AT_ONCE: Final = 50
logger = logging.getLogger(__name__)


def mail_due_invitations(*, now: datetime) -> int:
    """Send the mails that are due; returns how many went out. A mail that fails is due again ten minutes later."""
    return sum(_send(invitation, tenant, now) for invitation, tenant in _claim(now))


def _claim(now: datetime) -> list[tuple[Invitation, Tenant]]:
    """Put the due ones off and take them: a second process finds nothing, a killed one costs ten minutes."""
    with platform_context(reason="claim invitations to mail"):
        due = Invitation.objects.filter(mail_due_at__lte=now, expires_at__gt=now).select_related("invited_by")
        claimed = list(due.select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
        tenants = Tenant.objects.in_bulk([invitation.tenant_id for invitation in claimed])
        for invitation in claimed:
            own = Invitation.objects.filter(tenant_id=invitation.tenant_id, pk=invitation.pk)
            own.update(mail_due_at=now + RETRY_AFTER)
    return [(invitation, tenants[invitation.tenant_id]) for invitation in claimed]


def _send(invitation: Invitation, tenant: Tenant, now: datetime) -> bool:
    link = settings.BASE_URL + reverse("tenants:join", args=[link_token(invitation)])
    context = {"invitation": invitation, "tenant": tenant, "link": link}
    subject = f"{tenant.name} invites you to Dakiya"
    try:
        send_mail(subject, render_to_string("tenants/mail/invitation.txt", context), None, [invitation.email])
    except (SMTPException, OSError) as problem:
        logger.warning("invitation %s could not be mailed: %s", invitation.pk, problem)
        return False
    with tenant_context(invitation.tenant_id):
        same = Invitation.objects.filter(pk=invitation.pk, nonce=invitation.nonce)
        same.update(mail_due_at=None, mailed_at=now)
    return True
