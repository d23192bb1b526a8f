"""API tokens: made, shown once, revoked."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from kernel.domain.clock import utc_now
from tenants.access import TenantRequest, tenant_page
from tenants.forms import TokenForm
from tenants.models import ApiToken
from tenants.roles import Permission
from tenants.services import create_token, revoke_token


@require_http_methods(["GET", "HEAD", "POST"])
@tenant_page(Permission.MANAGE_TOKENS)
def token_list(request: TenantRequest) -> HttpResponse:
    """The secret is part of the answer to the POST and of nothing else: a redirect would have to keep it somewhere."""
    form, secret, status = TokenForm(), "", 200
    if request.method == "POST":
        form = TokenForm(request.POST)
        if form.is_valid():
            _, secret = create_token(name=form.cleaned_data["name"], by=request.user, now=utc_now())
            form = TokenForm()
        else:
            status = 422
    tokens = ApiToken.objects.select_related("created_by").order_by(F("revoked_at").desc(nulls_first=True), "-pk")
    context = {"form": form, "tokens": tokens, "secret": secret}
    return render(request, "tenants/token_list.html", context, status=status)


@require_POST
@tenant_page(Permission.MANAGE_TOKENS)
def revoke(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    token = get_object_or_404(ApiToken, pk=pk)
    revoke_token(token_id=token.pk, by=request.user, now=utc_now())
    messages.success(request, f"{token.name} is revoked. Programs that use it are refused within ten seconds.")
    return redirect("tenants:tokens")
