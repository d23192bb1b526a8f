"""“Why was this allowed?”, for any message, also after everything it stood on has changed."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kernel.domain.clock import utc_now
from messaging.decided import decided
from messaging.models import Message
from tenants.access import TenantRequest, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.VIEW_MESSAGES)
def message_decided(request: TenantRequest, message_id: UUID) -> HttpResponse:
    try:
        found = decided(message_id, now=utc_now())
    except Message.DoesNotExist:
        raise Http404("no such message") from None
    context = {
        "found": found,
        "message": found.message,
        "may_reveal": Permission.REVEAL_NUMBERS in request.permissions,
    }
    return render(request, "messages/message_decided.html", context)
