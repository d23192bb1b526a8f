"""{% load stops %}"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django import template

from compliance.services.stops import standing_of

register: Final = template.Library()


@register.inclusion_tag("compliance/stops.html")
def standing_stops(object_id: UUID) -> dict[str, object]:
    """What is kept back for a record at this moment; nothing where no stop stands. One query then."""
    return {"stops": standing_of(object_id)}
