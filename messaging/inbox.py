"""Pages of the texts that people send: a tenant's, and for staff those that are nobody's."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from kernel.telecom.e164 import E164
from kernel.telecom.numbers import mask
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from messaging.models import InboundMessage, UnmatchedInbound
from routing.models import Route
from tenants.access import TenantRequest, staff_page, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_MESSAGES)
def inbox(request: TenantRequest) -> HttpResponse:
    may_reveal = Permission.REVEAL_NUMBERS in request.permissions
    page = keyset_page(InboundMessage.objects.all(), request)
    rows = [(each, each.number if may_reveal else mask(E164(each.number))) for each in page.rows]
    return render_page(request, "messages/inbox.html", {"page": page, "rows": rows}, partial="rows")


@require_GET
@staff_page
def unmatched_inbound(request: TenantRequest) -> HttpResponse:
    page = keyset_page(UnmatchedInbound.objects.all(), request)
    names = dict(Route.objects.values_list("pk", "name"))
    rows = [(each, mask(E164(each.number)), names.get(each.route_id, "–")) for each in page.rows]
    return render_page(request, "messages/console_inbound.html", {"page": page, "rows": rows})
