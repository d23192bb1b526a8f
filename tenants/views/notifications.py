"""A member's own news. Every role has VIEW_CAMPAIGNS, so every member has this page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from kernel.domain.clock import utc_now
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, tenant_page
from tenants.models import Notification
from tenants.roles import Permission
from tenants.services import read_all_notifications, read_notification


@require_GET
@tenant_page(Permission.VIEW_CAMPAIGNS)
def notification_list(request: TenantRequest) -> HttpResponse:
    """Newest first; `?show=unread` leaves out what was read."""
    own = Notification.objects.filter(user_id=request.user.pk)
    is_unread_only = request.GET.get("show") == "unread"
    if is_unread_only:
        own = own.filter(read_at=None)
    context = {"page": keyset_page(own, request), "is_unread_only": is_unread_only}
    return render_page(request, "tenants/notification_list.html", context)


@require_POST
@tenant_page(Permission.VIEW_CAMPAIGNS)
def open_one(request: TenantRequest, pk: UUID) -> HttpResponse:
    """Mark it as read and go to what it is about."""
    try:
        news = read_notification(notification_id=pk, user_id=request.user.pk, now=utc_now())
    except Notification.DoesNotExist:
        raise Http404("no notification of this person") from None
    return redirect(news.path)


@require_POST
@tenant_page(Permission.VIEW_CAMPAIGNS)
def read_all(request: TenantRequest) -> HttpResponse:
    count = read_all_notifications(user_id=request.user.pk, now=utc_now())
    messages.success(request, f"{count} marked as read." if count else "There was nothing unread.")
    return redirect("tenants:notifications")
