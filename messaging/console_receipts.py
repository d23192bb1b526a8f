"""The console's page about receipts without a message."""

from __future__ import annotations

from django import forms
from django.contrib import messages as notices
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from kernel.domain.clock import utc_now
from kernel.web.htmx import render_page
from messaging.services.unmatched import PAGE_SIZE, orphans, sums, try_again
from routing.models import Route
from tenants.access import TenantRequest, actor_of, staff_page


class PlaceForm(forms.Form):
    """Which receipts: of a route, behind an id."""

    route = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page
def unmatched(request: TenantRequest) -> HttpResponseBase:
    now = utc_now()
    form = PlaceForm(request.POST if request.method == "POST" else request.GET)
    form.is_valid()
    route_id, before = form.cleaned_data.get("route"), form.cleaned_data.get("before")
    if request.method == "POST":
        count = try_again(route_id=route_id, actor=actor_of(request), now=now)
        notices.success(request, f"{count:,} receipts are tried again within seconds.")
        return redirect(request.get_full_path())
    names = dict(Route.objects.values_list("pk", "name"))
    rows = orphans(route_id=route_id, before=before, now=now)
    older = rows[PAGE_SIZE - 1] if len(rows) > PAGE_SIZE else None
    place = f"route={route_id}&" if route_id else ""
    context = {
        "sums": [(names.get(each.route_id, "–"), each) for each in sums(now)],
        "rows": [(names.get(each.route_id, "–"), each) for each in rows[:PAGE_SIZE]],
        "route_id": route_id,
        "route_name": names.get(route_id, "–") if route_id else "",
        "older_url": f"?{place}before={older.id}" if older else None,
        "now": now,
    }
    return render_page(request, "messages/console_unmatched.html", context)
