"""What a new organisation still has to do before its first message, in order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from billing.queries import wallet
from campaigns.models import ContactList
from compliance.models import Sender, Template
from messaging.models import Message
from tenants.roles import Permission


@dataclass(frozen=True, slots=True)
class FirstStep:
    """`url_name` leads to where it is done; None for people whose role lets somebody else do it."""

    title: str
    text: str
    is_done: bool
    url_name: str | None


def first_steps(permissions: Collection[Permission]) -> list[FirstStep] | None:
    """The steps with what is done of them; None once a message was ever sent or refused. Five queries at most."""
    if Message.objects.exists():
        return None
    purse = wallet()

    def link(permission: Permission, url_name: str) -> str | None:
        return url_name if permission in permissions else None

    return [
        FirstStep(
            "A sender ID",
            "The name that recipients see. Register it and have it approved.",
            Sender.objects.usable().exists(),
            link(Permission.MANAGE_COMPLIANCE, "compliance:senders"),
        ),
        FirstStep(
            "A template",
            "Texts go out on approved templates only. Copy yours from the registration portal.",
            Template.objects.usable().exists(),
            link(Permission.MANAGE_COMPLIANCE, "compliance:templates"),
        ),
        FirstStep(
            "Credit",
            "Messages are paid from your balance; the platform's operator books payments.",
            purse is not None and purse.available_micros > 0,
            link(Permission.VIEW_MONEY, "billing:wallet"),
        ),
        FirstStep(
            "Contacts",
            "Import a file of people, for campaigns.",
            ContactList.objects.exists(),
            link(Permission.MANAGE_CONTACTS, "campaigns:lists"),
        ),
        FirstStep(
            "A first message",
            "Send one to your own phone and follow it.",
            False,
            link(Permission.SEND_MESSAGES, "messaging:message-new"),
        ),
    ]
