"""This room's pages and those they stand on; what the sidebar names besides is a word here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def elsewhere(request: HttpRequest) -> HttpResponse:
    return HttpResponse("elsewhere")


urlpatterns = [
    path("", include(([path("console/", elsewhere, name="console")], "reporting"))),
    path("settings/", include("tenants.urls")),
    path("console/tenants/", include("tenants.console_urls")),
    path("console/", include("routing.urls")),
    path("accounts/", include("allauth.urls")),
]
