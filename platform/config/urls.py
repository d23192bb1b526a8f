"""Every address of the product. Pages end in a slash, the API does not."""

from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from config import health
from config.docs import ApiDocs
from kernel.web.styleguide import styleguide
from tenants.access import open_page

API: list[URLPattern | URLResolver] = [
    path("", include("tenants.api.urls")),
    path("", include("compliance.api.urls")),
    path("", include("billing.api.urls")),
    path("", include("messaging.api.urls")),
    path("", include("campaigns.api.urls")),
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", ApiDocs.as_view(), name="api-docs"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/v1/", include(API)),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("settings/", include("tenants.urls")),
    path("console/tenants/", include("tenants.console_urls")),
    path("console/wallets/", include("billing.console_urls")),
    path("", include("gateways.urls")),
    path("console/queues/", include("messaging.console_urls")),
    path("console/seeds/", include("messaging.probe_urls")),
    path("console/", include("routing.urls")),
    path("money/", include("billing.urls")),
    path("messages/", include("messaging.urls")),
    path("", include("campaigns.urls")),
    path("", include("compliance.urls")),
    path("", include("reporting.urls")),
]
handler404 = "config.errors.not_found"
if not settings.IS_PRODUCTION:
    urlpatterns.append(path("styleguide/", open_page(styleguide), name="styleguide"))
