"""This room's pages and those they stand on: what lies above it does not exist here."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("settings/", include("tenants.urls")),
    path("console/", include("routing.urls")),
    path("accounts/", include("allauth.urls")),
]
