"""What a member may do. One total table; a view names the permission, never a role."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from django.db import models


class Role(models.TextChoices):
    OWNER = "owner", "Owner"
    MARKETER = "marketer", "Marketer"
    COMPLIANCE = "compliance", "Compliance officer"
    FINANCE = "finance", "Finance"
    DEVELOPER = "developer", "Developer"
    VIEWER = "viewer", "Viewer"


class Permission(StrEnum):
    VIEW_MESSAGES = "view_messages"
    SEND_MESSAGES = "send_messages"
    MANAGE_CONTACTS = "manage_contacts"
    VIEW_CAMPAIGNS = "view_campaigns"
    MANAGE_CAMPAIGNS = "manage_campaigns"
    MANAGE_COMPLIANCE = "manage_compliance"  # draft and submit
    REVIEW_COMPLIANCE = "review_compliance"  # approve and reject
    VIEW_MONEY = "view_money"
    MANAGE_MONEY = "manage_money"
    MANAGE_TOKENS = "manage_tokens"
    MANAGE_MEMBERS = "manage_members"
    VIEW_REPORTS = "view_reports"
    VIEW_AUDIT = "view_audit"
    REVEAL_NUMBERS = "reveal_numbers"


_VIEWER: Final = frozenset({Permission.VIEW_MESSAGES, Permission.VIEW_CAMPAIGNS, Permission.VIEW_REPORTS})

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.OWNER: frozenset(Permission),
    Role.MARKETER: _VIEWER
    | {
        Permission.SEND_MESSAGES,
        Permission.MANAGE_CONTACTS,
        Permission.MANAGE_CAMPAIGNS,
        Permission.MANAGE_COMPLIANCE,
    },
    Role.COMPLIANCE: _VIEWER
    | {
        Permission.MANAGE_COMPLIANCE,
        Permission.REVIEW_COMPLIANCE,
        Permission.VIEW_AUDIT,
        Permission.REVEAL_NUMBERS,
    },
    Role.FINANCE: frozenset(
        {Permission.VIEW_CAMPAIGNS, Permission.VIEW_REPORTS, Permission.VIEW_MONEY, Permission.MANAGE_MONEY}
    ),
    Role.DEVELOPER: _VIEWER | {Permission.SEND_MESSAGES, Permission.MANAGE_TOKENS},
    Role.VIEWER: _VIEWER,
}

# What a role is for, where people choose one.
PURPOSE: Final[Mapping[Role, str]] = {
    Role.OWNER: "Everything, members and money included.",
    Role.MARKETER: "Contacts, campaigns and the drafts of templates.",
    Role.COMPLIANCE: "Reviews senders and templates, opt-outs and the audit trail.",
    Role.FINANCE: "Balance, prices, cost reports and the ledger.",
    Role.DEVELOPER: "API tokens, sending and the log of messages.",
    Role.VIEWER: "Reads campaigns, messages and reports.",
}
# The same in the page that refuses, after "people who may".
ABILITY: Final[Mapping[Permission, str]] = {
    Permission.VIEW_MESSAGES: "see messages",
    Permission.SEND_MESSAGES: "send messages",
    Permission.MANAGE_CONTACTS: "manage contacts",
    Permission.VIEW_CAMPAIGNS: "see campaigns",
    Permission.MANAGE_CAMPAIGNS: "manage campaigns",
    Permission.MANAGE_COMPLIANCE: "draft senders and templates",
    Permission.REVIEW_COMPLIANCE: "review senders and templates",
    Permission.VIEW_MONEY: "see balance and costs",
    Permission.MANAGE_MONEY: "manage money",
    Permission.MANAGE_TOKENS: "manage API tokens",
    Permission.MANAGE_MEMBERS: "manage members and settings",
    Permission.VIEW_REPORTS: "see reports",
    Permission.VIEW_AUDIT: "read the audit trail",
    Permission.REVEAL_NUMBERS: "see complete phone numbers",
}


def roles_with(permission: Permission) -> list[Role]:
    return [role for role in Role if permission in GRANTS[role]]
