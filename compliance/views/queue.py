"""Where a reviewer begins: what waits longest comes first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from django.http import HttpResponse

from compliance.models import Sender, Template
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, tenant_page
from tenants.roles import Permission

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the queue."""

    kind: str
    item: Sender | Template
    submitted_at: datetime
    excerpt: str


@tenant_page(Permission.REVIEW_COMPLIANCE)
def review_queue(request: TenantRequest) -> HttpResponse:
    senders = Sender.objects.awaiting_review().select_related("entity")[:SHOWN]
    templates = Template.objects.awaiting_review().select_related("sender")[:SHOWN]
    rows = [Waiting("sender", each, each.submitted_at or each.created_at, each.purpose) for each in senders]
    rows += [Waiting("template", each, each.submitted_at or each.created_at, each.body) for each in templates]
    rows.sort(key=attrgetter("submitted_at"))
    context = {"rows": rows[:SHOWN], "has_more": len(rows) > SHOWN, "shown": SHOWN}
    return render_page(request, "compliance/queue.html", context)
