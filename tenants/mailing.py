"""Mails of this room. What is due is a column, so a mail is sent after a lost broker and a lost worker too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from kernel.db.tenancy import platform_context, tenant_context
from tenants.models import Invitation, Member, Notification, Tenant
from tenants.services.invitations import link_token

RETRY_AFTER: Final = timedelta(minutes=10)
AT_ONCE: Final = 50
NEWS_AT_ONCE: Final = 500
KEPT_FOR: Final = timedelta(days=180)
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


def mail_due_notifications(*, now: datetime) -> int:
    """Send one mail to each person for all their news that is due; returns how many mails went out."""
    news, tenants = _claim_news(now)
    people = groupby(news, key=lambda each: (each.tenant_id, each.user_id))
    return sum(_send_news(list(theirs), tenants[tenant_id], now) for (tenant_id, _), theirs in people)


def _claim_news(now: datetime) -> tuple[list[Notification], dict[UUID, Tenant]]:
    """As `_claim`; what belongs to people who left since is not mailed."""
    with platform_context(reason="claim notifications to mail"):
        due = Notification.objects.filter(mail_due_at__lte=now).select_related("user").order_by("mail_due_at")
        claimed = list(due.select_for_update(skip_locked=True, of=("self",))[:NEWS_AT_ONCE])
        tenant_ids = {each.tenant_id for each in claimed}
        members = Member.objects.active().filter(tenant_id__in=tenant_ids, user__is_active=True)
        active = set(members.values_list("tenant_id", "user_id"))
        news = [each for each in claimed if (each.tenant_id, each.user_id) in active]
        _put_off(news, now + RETRY_AFTER)
        _put_off([each for each in claimed if (each.tenant_id, each.user_id) not in active], None)
        tenants = Tenant.objects.in_bulk(tenant_ids)
    return sorted(news, key=lambda each: (each.tenant_id, each.user_id, each.pk)), tenants


def _put_off(news: Sequence[Notification], until: datetime | None) -> None:
    for tenant_id in {each.tenant_id for each in news}:
        own = Notification.objects.filter(tenant_id=tenant_id, pk__in=[each.pk for each in news])
        own.update(mail_due_at=until)


def _send_news(news: Sequence[Notification], tenant: Tenant, now: datetime) -> bool:
    person = news[0].user
    context = {"news": news, "tenant": tenant, "person": person, "base_url": settings.BASE_URL}
    subject = news[0].title if len(news) == 1 else f"{len(news)} news from {tenant.name}"
    try:
        send_mail(
            " ".join(subject.split()), render_to_string("tenants/mail/notifications.txt", context), None, [person.email]
        )
    except (SMTPException, OSError) as problem:
        logger.warning("%d notifications could not be mailed: %s", len(news), problem)
        return False
    with tenant_context(tenant.id):
        Notification.objects.filter(pk__in=[each.pk for each in news]).update(mail_due_at=None, mailed_at=now)
    return True


def forget_old_notifications(*, now: datetime) -> int:
    """Delete what is older than half a year, read or not; returns how many."""
    with platform_context(reason="delete old notifications"):
        return Notification.objects.filter(created_at__lt=now - KEPT_FOR).delete()[0]
