"""{% load portal %}"""

from __future__ import annotations

from datetime import date
from typing import Final

from django import template

from compliance.identifiers import INDIA
from compliance.models import DltRegistration, SenderRegistration
from compliance.models.portal import PortalRecord
from compliance.queries import idle_on

register: Final = template.Library()


@register.simple_tag
def idle_day(record: PortalRecord) -> date | None:
    """The day on which a portal counts an active header or template as unused; None for what does not idle out."""
    if not isinstance(record, SenderRegistration | DltRegistration):
        return None
    return idle_on(record) if record.country == INDIA and record.is_active else None
