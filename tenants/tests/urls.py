"""This room's pages and resources alone: what lies above it does not exist here."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("home")


urlpatterns = [
    path("", home),
    path("settings/", include("tenants.urls")),
    path("console/tenants/", include("tenants.console_urls")),
    path("api/v1/", include("tenants.api.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]
