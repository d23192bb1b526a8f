"""The sidebar: what a person may open, in the order they need it. Composed here, where every app is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from tenants.roles import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    """One link; `permission` None is for every member. `places` are addresses beside its own where it is lit."""

    label: str
    icon: str
    url_name: str
    permission: Permission | None = None
    places: tuple[str, ...] = ()


TENANT: Final[Sequence[tuple[str, Sequence[Entry]]]] = (
    (
        "",
        (
            Entry("Overview", "overview", "reporting:home", Permission.VIEW_REPORTS),
            Entry("Campaigns", "send", "campaigns:campaigns", Permission.VIEW_CAMPAIGNS),
            Entry(
                "Contacts",
                "users",
                "campaigns:lists",
                Permission.MANAGE_CONTACTS,
                ("/contacts/", "/imports/", "/failed-numbers/"),
            ),
            Entry("Messages", "message", "messaging:messages", Permission.VIEW_MESSAGES),
            Entry("Inbox", "inbox", "messaging:inbox", Permission.VIEW_MESSAGES),
        ),
    ),
    (
        "Compliance",
        (
            Entry("Review queue", "shield-check", "compliance:queue", Permission.REVIEW_COMPLIANCE),
            Entry("Templates", "template", "compliance:templates", Permission.MANAGE_COMPLIANCE),
            Entry(
                "Sender IDs", "id-badge", "compliance:senders", Permission.MANAGE_COMPLIANCE, ("/entities/", "/chains/")
            ),
            Entry("Portal files", "upload", "compliance:imports", Permission.MANAGE_COMPLIANCE),
            Entry("Links and numbers", "link", "compliance:links", Permission.MANAGE_COMPLIANCE),
            Entry("Consent templates", "consent", "compliance:consent-templates", Permission.MANAGE_COMPLIANCE),
            Entry("Rules", "list", "compliance:rules", Permission.MANAGE_COMPLIANCE, ("/compliance/check/",)),
            Entry("Recipients", "users", "compliance:recipients", Permission.MANAGE_COMPLIANCE),
            Entry("Consent", "shield", "compliance:consent", Permission.MANAGE_COMPLIANCE),
            Entry("Opt-outs", "ban", "compliance:opt-outs", Permission.MANAGE_COMPLIANCE),
            Entry("Gaps", "report", "reporting:gaps", Permission.MANAGE_COMPLIANCE),
        ),
    ),
    (
        "Operate",
        (
            Entry("Money", "rupee", "billing:wallet", Permission.VIEW_MONEY),
            Entry("API tokens", "code", "tenants:tokens", Permission.MANAGE_TOKENS),
            Entry("Members", "user", "tenants:members", Permission.MANAGE_MEMBERS),
            Entry("Audit trail", "history", "tenants:audit", Permission.VIEW_AUDIT),
            Entry("Settings", "settings", "tenants:organisation", Permission.MANAGE_MEMBERS),
        ),
    ),
)
CONSOLE: Final[Sequence[tuple[str, Sequence[Entry]]]] = (
    (
        "",
        (
            Entry("Overview", "overview", "reporting:console"),
            Entry("Routes", "route", "routing:routes"),
            Entry("Plan", "list", "routing:plan"),
            Entry("Look-ups", "search", "routing:lookups"),
            Entry("Seed numbers", "device-mobile", "seeds:seeds"),
            Entry("Queues", "inbox", "console_queues:queues"),
            Entry("Organisations", "building", "console_tenants:tenants"),
            Entry("Wallets", "wallet", "console_wallets:wallets"),
            Entry("Gaps", "report", "reporting:console-gaps"),
            Entry("Audit trail", "history", "routing:trail"),
        ),
    ),
)


ROOTS: Final = ("/", "/console/")


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context of layouts/app.html and layouts/console.html; empty before somebody has signed in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    is_console = request.path.startswith("/console/")
    permissions: frozenset[Permission] = getattr(request, "permissions", frozenset())
    tenant = getattr(request, "tenant", None)
    context: dict[str, Any] = {
        "nav": _sections(CONSOLE if is_console else TENANT, permissions, request.path),
        "tenant": tenant,
        "member_role": getattr(request, "member_role", None),
        "tenant_choices": _choices(request),
        "console_url": reverse("reporting:console") if user.is_staff and not is_console else None,
    }
    if tenant is not None and not is_console:
        context |= {"notifications_url": reverse("tenants:notifications"), "unread": getattr(request, "unread", 0)}
    if not is_console and Permission.VIEW_MESSAGES in permissions:
        context |= {"search_url": reverse("messaging:messages"), "search_label": "Search a number"}
    return context


def _sections(
    sections: Sequence[tuple[str, Sequence[Entry]]], permissions: frozenset[Permission], path: str
) -> list[dict[str, Any]]:
    shown = []
    links = [(title, [_link(entry) for entry in entries if _may(entry, permissions)]) for title, entries in sections]
    places = [place for _, items in links for item in items for place in item["places"]]
    # The longest address that the page lies under; an overview, which every page lies under, only for itself.
    over = [place for place in places if path == place or (place not in ROOTS and path.startswith(place))]
    lit = max(over, key=len, default="")
    for title, items in links:
        for item in items:
            item["active"] = lit in item["places"]
        if items:
            shown.append({"title": title, "items": items})
    return shown


def _may(entry: Entry, permissions: frozenset[Permission]) -> bool:
    return entry.permission is None or entry.permission in permissions


def _link(entry: Entry) -> dict[str, Any]:
    url = reverse(entry.url_name)
    return {"label": entry.label, "icon": entry.icon, "url": url, "badge": None, "places": (url, *entry.places)}


def _choices(request: HttpRequest) -> list[dict[str, Any]]:
    chosen = getattr(request, "tenant", None)
    return [
        {
            "name": member.tenant.name,
            "role": member.role.label,
            "url": reverse("tenants:switch", args=[member.tenant.id]),
            "active": chosen is not None and member.tenant.id == chosen.id,
        }
        for member in getattr(request, "memberships", [])
    ]
