"""The opt-out page: whose it is, what it stops, and the way back.

Whoever holds the link is taken for the person it was sent to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from audit.services import Actor
from compliance.consent.links import LENGTH, hash_of, token_of, url_of
from compliance.models import OptOut, OptOutLink
from compliance.rules.consent import covers
from compliance.services.opt_outs import Shown, check_sender, opt_out, undo_opt_out
from compliance.statuses import OptOutSource
from kernel.db.tenancy import current_tenant_id
from kernel.telecom.e164 import E164

# Changes with the words of the page; both are kept with what people choose there.
WORDING_VERSION: Final = "opt-out page 2"
# Whoever made the link has it, too: what they could take back later would be the person's word no more.
UNDO_WITHIN: Final = timedelta(minutes=15)
_PERSON: Final = Actor(None, "The recipient, on the opt-out page")
_AT_ONCE: Final = 5_000


def make_links(*, recipients: Sequence[str], sender: str | None, topic: str | None, now: datetime) -> list[str]:
    """An address for each of these people; the same again whenever it is asked for.

    Args:
        sender: the header it stops; None for all.
        topic: of the templates it stops; None for all.

    Raises:
        InvalidOptOut: `unknown_sender`.
    """
    check_sender(sender)
    tenant_id, scope = current_tenant_id(), {"sender": sender or None, "topic": topic or None}
    tokens = [token_of(tenant_id=tenant_id, recipient=each, **scope) for each in recipients]
    rows = [
        OptOutLink(recipient=recipient, token_hash=hash_of(token), created_at=now, **scope)
        for recipient, token in dict(zip(recipients, tokens, strict=True)).items()
    ]
    OptOutLink.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_AT_ONCE)
    return [url_of(token) for token in tokens]


def link_behind(token: str) -> tuple[UUID, UUID] | None:
    """(tenant, link) of a token; outside of any context, for nobody has said who they are."""
    if len(token) != LENGTH or not (token.isascii() and token.isalnum()):
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, link_id FROM dakiya_opt_out_link(%s)", [hash_of(token)])
        found: tuple[UUID, UUID] | None = cursor.fetchone()
    return found


def is_stopped(link: OptOutLink) -> bool:
    """Whether an opt-out stands that covers all that this link is about."""
    standing = OptOut.objects.filter(recipient=link.recipient, lifted_at=None)
    return covers(standing.values_list("sender", "topic"), link.sender or "", link.topic or "")


def stop_by_link(*, link: OptOutLink, shown: Shown, now: datetime) -> None:
    """What the page says it does. Twice is once."""
    opt_out(
        recipient=E164(link.recipient),
        sender=link.sender,
        topic=link.topic,
        source=OptOutSource.LINK,
        evidence="Chosen on the opt-out page",
        actor=_PERSON,
        shown=shown,
        now=now,
    )


def may_undo(link: OptOutLink, now: datetime) -> bool:
    """Whether `undo_by_link` would lift something."""
    return OptOut.objects.filter(**_undoable(link, now)).exists()


def undo_by_link(*, link: OptOutLink, shown: Shown, now: datetime) -> bool:
    """Take back what was stopped on this link's page a moment ago, nothing else; whether there was such."""
    found = OptOut.objects.filter(**_undoable(link, now)).first()
    if found is None:
        return False
    return undo_opt_out(opt_out_id=found.pk, words="Undone on the opt-out page", actor=_PERSON, shown=shown, now=now)


def _undoable(link: OptOutLink, now: datetime) -> dict[str, object]:
    scope: dict[str, object] = {"recipient": link.recipient, "source": OptOutSource.LINK, "lifted_at": None}
    for name, value in (("sender", link.sender), ("topic", link.topic)):
        scope[f"{name}__isnull" if value is None else name] = True if value is None else value
    return {**scope, "created_at__gt": now - UNDO_WITHIN}
