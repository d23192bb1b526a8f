from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from campaigns.hygiene.score import tone_of
from campaigns.models import Contact, ContactList
from campaigns.presentation import columns_of
from campaigns.services.hygiene import scores_of
from compliance.models import OptOut
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from messaging.models import Message
from messaging.queries import current_statuses
from tenants.access import TenantRequest, tenant_page
from tenants.roles import Permission

SHOWN_COLUMNS = 4
RECENT = 10


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def list_list(request: TenantRequest) -> HttpResponse:
    context = {"page": keyset_page(ContactList.objects.all(), request)}
    return render_page(request, "contacts/list_list.html", context, partial="rows")


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def list_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    chosen = get_object_or_404(ContactList, pk=pk)
    page = keyset_page(Contact.objects.filter(memberships__contact_list=chosen), request)
    columns = columns_of([chosen.columns])[:SHOWN_COLUMNS]
    rows = [(contact, [contact.attributes.get(column, "") for column in columns]) for contact in page.rows]
    report = scores_of([pk]).get(pk)
    context = {"list": chosen, "page": page, "columns": columns, "rows": rows, "report": report}
    context["tone"] = tone_of(report.score or 0) if report else ""
    return render_page(request, "contacts/list_detail.html", context, partial="rows")


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def contact_list(request: TenantRequest) -> HttpResponse:
    context = {"page": keyset_page(Contact.objects.defer("attributes"), request)}
    return render_page(request, "contacts/contact_list.html", context, partial="rows")


@require_GET
@tenant_page(Permission.MANAGE_CONTACTS)
def contact_detail(request: TenantRequest, pk: UUID) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    recent = list(Message.objects.filter(recipient=contact.phone).order_by("-id")[:RECENT])
    statuses = current_statuses(recent)
    context = {
        "contact": contact,
        "lists": ContactList.objects.filter(memberships__contact=contact).order_by("name"),
        "opt_outs": OptOut.objects.filter(recipient=contact.phone, lifted_at=None),
        "messages_sent": [(message, statuses[message.id].label) for message in recent],
        "may_reveal": Permission.REVEAL_NUMBERS in request.permissions,
        "may_see_consent": Permission.MANAGE_COMPLIANCE in request.permissions,
        "may_see_messages": Permission.VIEW_MESSAGES in request.permissions,
    }
    return render_page(request, "contacts/contact_detail.html", context)
