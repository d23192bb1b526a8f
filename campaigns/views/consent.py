"""What a contact told about messages, beside the contact: its number is in no address."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from campaigns.models import Contact
from compliance.services.consent import timeline_of
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import mask
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, tenant_page
from tenants.roles import Permission


@require_GET
@tenant_page(Permission.MANAGE_COMPLIANCE)
def contact_consent(request: TenantRequest, pk: UUID) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=pk)
    recipient = E164(contact.phone)
    context = {
        "contact": contact,
        "timeline": timeline_of(recipient),
        "recipient": mask(recipient),
        "may_see_contact": Permission.MANAGE_CONTACTS in request.permissions,
    }
    return render_page(request, "contacts/contact_consent.html", context)
