"""Wallets of all companies, for the platform's staff: opening them and booking what was paid."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from billing.forms import OpenWalletForm, TopUpForm
from billing.models import ChargedOn, Wallet
from billing.services import open_wallet, top_up
from kernel.db.tenancy import tenant_context
from kernel.domain.errors import DomainError
from kernel.domain.money import format_money, from_decimal
from kernel.web.htmx import render_page
from kernel.web.pagination import keyset_page
from tenants.access import TenantRequest, actor_of, staff_page
from tenants.models import Tenant

Form = OpenWalletForm | TopUpForm


@require_GET
@staff_page
def wallet_list(request: TenantRequest) -> HttpResponse:
    page = keyset_page(Tenant.objects.all(), request)
    found = Wallet.objects.select_related("rate_card").filter(tenant_id__in=[tenant.pk for tenant in page.rows])
    wallets = {wallet.tenant_id: wallet for wallet in found}
    rows = [(tenant, wallets.get(tenant.pk)) for tenant in page.rows]
    return render_page(request, "billing/console_wallet_list.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
@staff_page
def wallet_detail(request: TenantRequest, tenant_id: UUID) -> HttpResponseBase:
    """Open the wallet if there is none, else top it up."""
    tenant = get_object_or_404(Tenant, pk=tenant_id)
    wallet = Wallet.objects.select_related("rate_card").filter(tenant_id=tenant_id).first()
    kind = TopUpForm if wallet else OpenWalletForm
    form: Form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid() and _book(request, tenant, form, timezone.now()):
        return redirect("console_wallets:wallet", tenant_id)
    context = {"company": tenant, "wallet": wallet, "form": form}
    status = 422 if request.method == "POST" else 200
    return render_page(request, "billing/console_wallet.html", context, status=status)


def _book(request: TenantRequest, tenant: Tenant, form: Form, now: datetime) -> bool:
    try:
        with tenant_context(tenant.pk):
            done = _top_up(request, tenant, form, now) if isinstance(form, TopUpForm) else _open(tenant, form, now)
    except DomainError as refusal:
        form.add_error(None, f"{refusal.detail} {refusal.remedy}")
        return False
    messages.success(request, done)
    return True


def _top_up(request: TenantRequest, tenant: Tenant, form: TopUpForm, now: datetime) -> str:
    given = form.cleaned_data
    micros = from_decimal(given["amount"], tenant.currency).micros
    top_up(
        amount_micros=micros,
        actor=actor_of(request),
        note=given["note"],
        idempotency_key=f"console:{given['key']}",
        now=now,
    )
    return f"{tenant.name} has {format_money(micros, tenant.currency)} more."


def _open(tenant: Tenant, form: OpenWalletForm, now: datetime) -> str:
    given = form.cleaned_data
    open_wallet(
        rate_card=given["rate_card"],
        now=now,
        currency=tenant.currency,
        credit_limit_micros=from_decimal(given["credit_limit"], tenant.currency).micros,
        charged_on=ChargedOn(given["charged_on"]),
    )
    return f"The wallet of {tenant.name} is open."
