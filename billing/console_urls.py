"""Pages under /console/wallets/, for the platform's staff."""

from __future__ import annotations

from django.urls import path

from billing import console

app_name = "console_wallets"
urlpatterns = [
    path("", console.wallet_list, name="wallets"),
    path("<uuid:tenant_id>/", console.wallet_detail, name="wallet"),
]
