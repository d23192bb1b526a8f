"""Every change of people, tenants, memberships and tokens."""

from __future__ import annotations

from tenants.services.invitations import (
    Offer,
    accept_invitation,
    invite_member,
    link_token,
    read_offer,
    withdraw_invitation,
)
from tenants.services.members import add_member, change_role, remove_member
from tenants.services.notifications import (
    News,
    Tone,
    notify,
    notify_bundled,
    people_with,
    read_all_notifications,
    read_notification,
)
from tenants.services.organisations import (
    OrganisationSettings,
    create_tenant,
    set_send_weight,
    set_tenant_state,
    update_organisation,
)
from tenants.services.people import actor, create_user, rename_user
from tenants.services.tokens import create_token, revoke_token

__all__ = [
    "News",
    "Offer",
    "OrganisationSettings",
    "Tone",
    "accept_invitation",
    "actor",
    "add_member",
    "change_role",
    "create_tenant",
    "create_token",
    "create_user",
    "invite_member",
    "link_token",
    "notify",
    "notify_bundled",
    "people_with",
    "read_all_notifications",
    "read_notification",
    "read_offer",
    "remove_member",
    "rename_user",
    "revoke_token",
    "set_send_weight",
    "set_tenant_state",
    "update_organisation",
    "withdraw_invitation",
]
