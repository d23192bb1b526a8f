"""Template tags of our look: icons, status pills, money, counts, times, masked numbers, links that keep filters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple

from babel.numbers import format_decimal
from django import forms, template
from django.forms import BoundField
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from kernel.domain.money import format_money
from kernel.telecom import numbers

register = template.Library()

NOTHING: Final = "–"
NBSP: Final = "\u00a0"
# A changed filter starts a list from its newest page again.
CURSORS: Final = ("after", "before", "cursor")


class Look(NamedTuple):
    """How a state is shown: tone (ok, wait, bad, info, mute) gives the colour, icon and label say it without colour."""

    tone: str
    icon: str
    label: str


# Keyed by state, or by "kind.state" where one word means different things in two machines.
LOOKS: Final[Mapping[str, Look]] = {
    # messages
    "scheduled": Look("mute", "clock", "Scheduled"),
    "accepted": Look("info", "check", "Accepted"),
    "queued": Look("info", "hourglass", "Queued"),
    "submitted": Look("info", "send", "Submitted"),
    "delivered": Look("ok", "circle-check", "Delivered"),
    "undelivered": Look("bad", "circle-x", "Undelivered"),
    "expired": Look("bad", "hourglass", "Expired"),
    "rejected": Look("bad", "circle-x", "Rejected"),
    "failed": Look("bad", "alert-triangle", "Failed"),
    "unknown": Look("wait", "help-circle", "Unknown"),
    "blocked": Look("bad", "ban", "Blocked"),
    "cancelled": Look("mute", "x", "Cancelled"),
    "waiting": Look("wait", "hourglass", "Waiting"),
    "in_doubt": Look("wait", "help-circle", "In doubt"),
    "received": Look("ok", "inbox", "Received"),
    # campaigns and their runs
    "draft": Look("mute", "pencil", "Draft"),
    "preparing": Look("info", "adjustments", "Preparing"),
    "expanding": Look("info", "users", "Preparing"),
    "sending": Look("info", "send", "Sending"),
    "running": Look("info", "send", "Running"),
    "paused": Look("wait", "pause", "Paused"),
    "finished": Look("ok", "circle-check", "Finished"),
    "completed": Look("ok", "circle-check", "Completed"),
    "done": Look("ok", "circle-check", "Done"),
    # templates, senders and their registrations
    "template.submitted": Look("wait", "eye", "In review"),
    "sender.submitted": Look("wait", "eye", "In review"),
    "changes_asked": Look("wait", "pencil", "Changes asked"),
    "approved": Look("ok", "shield-check", "Approved"),
    "registered": Look("ok", "shield-check", "Registered"),
    "pending": Look("wait", "clock", "Pending"),
    "portal.draft": Look("mute", "pencil", "Draft"),
    "portal.added": Look("mute", "plus", "Added"),
    "portal.closed": Look("mute", "history", "Closed"),
    "awaiting_tm": Look("wait", "clock", "Awaiting telemarketers"),
    "awaiting_pe": Look("wait", "clock", "Awaiting the entity"),
    "declined": Look("bad", "circle-x", "Declined"),
    "retired": Look("mute", "history", "Retired"),
    "blacklisted": Look("bad", "ban", "Blacklisted"),
    # routes and their links
    "up": Look("ok", "circle-check", "Up"),
    "degraded": Look("wait", "alert-triangle", "Degraded"),
    "down": Look("bad", "circle-x", "Down"),
    "bound": Look("ok", "plug", "Bound"),
    "binding": Look("wait", "plug", "Binding"),
    "unbound": Look("bad", "plug", "Unbound"),
    "open": Look("bad", "bolt", "Breaker open"),
    "half_open": Look("wait", "bolt", "Breaker trying"),
    "closed": Look("ok", "bolt", "Breaker closed"),
    "enabled": Look("ok", "circle-check", "Enabled"),
    "disabled": Look("mute", "ban", "Disabled"),
    # imports, exports and other jobs
    "uploaded": Look("info", "upload", "Uploaded"),
    "mapping": Look("wait", "table", "Columns to map"),
    "importing": Look("info", "refresh", "Importing"),
    "import.running": Look("info", "refresh", "Importing"),
    "imported": Look("ok", "circle-check", "Imported"),
    "ready": Look("ok", "download", "Ready"),
    "portal.ready": Look("wait", "eye", "Ready to apply"),
    "portal.applied": Look("ok", "circle-check", "Applied"),
    "portal.refused": Look("bad", "circle-x", "Not usable"),
    "row.new": Look("ok", "plus", "New"),
    "row.changed": Look("info", "pencil", "Changed"),
    "row.doubtful": Look("wait", "help-circle", "To be confirmed"),
    "row.refused": Look("bad", "circle-x", "Refused"),
    # people, tokens, tenants
    "active": Look("ok", "circle-check", "Active"),
    "invited": Look("wait", "mail", "Invited"),
    "suspended": Look("bad", "lock", "Suspended"),
    "revoked": Look("mute", "ban", "Revoked"),
}


def look(state: str, kind: str = "") -> Look:
    """The look of a state; an unlisted one is shown in grey under its own name rather than hidden."""
    plain = str(state).lower()
    unlisted = Look("mute", "circle", plain.replace("_", " ").capitalize())
    return LOOKS.get(f"{kind}.{plain}") or LOOKS.get(plain) or unlisted


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """An icon of static/icons.svg; without `label` it is decoration and hidden from screen readers. Sizes: sm, lg."""
    classes = f"icon icon-{size}" if size else "icon"
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', classes, href)


@register.simple_tag
def pill(state: str, kind: str = "", label: str = "") -> SafeString:
    """The status pill of a state; `kind` (message, campaign, template, sender, route, import) tells namesakes apart."""
    shown = look(state, kind)
    return format_html(
        '<span class="dk-pill dk-tone-{}">{}{}</span>', shown.tone, icon(shown.icon), label or shown.label
    )


@register.filter
def money(micros: int | None, currency: str = "INR") -> str:
    """Micros of a currency as `₹1,12,410.50`; nothing known is a dash, never ₹0.00."""
    return NOTHING if micros is None else format_money(int(micros), currency)


@register.filter
def count(value: int | Decimal | None) -> str:
    """A number in Indian grouping: 412350 is `4,12,350`."""
    return NOTHING if value is None else str(format_decimal(value, locale="en_IN"))


@register.filter
def percent(fraction: float | Decimal | None, digits: int = 1) -> str:
    """A fraction (0 to 1) as `96.8 %`, rounded down so that 100 % is said only of everything, 0 % only of nothing."""
    if fraction is None:
        return NOTHING
    # Twelve digits first: 0.58 * 100 is 57.999… in binary.
    value = math.floor(round(float(fraction) * 100 * 10**digits, 9)) / 10**digits
    if value == 0 and fraction > 0:
        return f"<{NBSP}{10**-digits:.{digits}f}{NBSP}%"
    return f"{value:.{digits}f}".removesuffix("." + "0" * digits) + f"{NBSP}%"


@register.filter
def mask(number: str) -> str:
    """A phone number as people may see it in lists: `+91 98••• ••210`."""
    return numbers.mask(numbers.E164(number)) if number else NOTHING


@register.filter
def initials(name: str) -> str:
    """Up to two capitals for an avatar: `Aarohi Bank` is `AB`."""
    words = str(name).replace("@", " ").replace(".", " ").split()
    return "".join(word[0] for word in words[:2]).upper()


def ago_text(at: datetime, now: datetime) -> str:
    """Minutes within the hour; then the clock of today, yesterday or tomorrow; then the date. Both local and aware."""
    seconds = (now - at).total_seconds()
    if abs(seconds) < 45:
        # Two clocks may differ by some seconds; what lies further ahead has not happened.
        return "in a moment" if seconds < -5 else "just now"
    if abs(seconds) < 3600:
        minutes = max(1, round(abs(seconds) / 60))
        return f"{minutes} min ago" if seconds > 0 else f"in {minutes} min"
    day_names = {0: "Today", 1: "Yesterday", -1: "Tomorrow"}
    days = (now.date() - at.date()) // timedelta(days=1)
    if days in day_names:
        return f"{day_names[days]} {at:%H:%M}"
    return f"{at.day} {at:%b}, {at:%H:%M}" if at.year == now.year else f"{at.day} {at:%b} {at.year}"


@register.simple_tag
def ago(at: datetime | None, now: datetime | None = None) -> SafeString:
    """An instant as `<time>`: relative text, and on hovering the absolute time with its zone (the active one)."""
    if at is None:
        return mark_safe(NOTHING)  # noqa: S308 - a constant
    zone = timezone.get_current_timezone()
    local = at.astimezone(zone)
    title = f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S} {zone}"
    text = ago_text(local, (now or timezone.now()).astimezone(zone))
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(timespec="seconds"), title, text)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's query string with parameters set, or removed by None or ""; a list's cursor is always dropped."""
    request: HttpRequest | None = context.get("request")
    parameters = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name in CURSORS:
        parameters.pop(name, None)
    for name, value in changes.items():
        if value in (None, ""):
            parameters.pop(name, None)
        elif isinstance(value, (list, tuple)):
            parameters.setlist(name, [str(item) for item in value])
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


def control_class(widget: forms.Widget) -> str:
    """The style class of a widget's kind; `is-invalid` is not needed, aria-invalid is styled."""
    if isinstance(widget, forms.CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, forms.Select) else "form-control"


@register.simple_tag
def control(field: BoundField, **attributes: Any) -> SafeString:
    """A form field's widget in our look; `data_x=1` becomes `data-x="1"`. Django itself adds the aria attributes."""
    widget = field.field.widget
    own = str(widget.attrs.get("class", ""))
    classes = f"{control_class(widget)} {own}".strip()
    attrs = {name.replace("_", "-"): value for name, value in attributes.items() if value not in (None, "")}
    return field.as_widget(attrs={**attrs, "class": classes})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """A lone checkbox stands before its label; everything else below."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_group(field: BoundField) -> bool:
    """Radio buttons and checkbox lists need a fieldset with a legend instead of a label."""
    return bool(field.use_fieldset)
