"""Addresses that others call, and the console's view of them."""

from __future__ import annotations

from django.urls import path, register_converter

from gateways.http import views
from routing.callback_addresses import PATTERN


class TokenConverter:
    regex = PATTERN

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(TokenConverter, "callback_token")

app_name = "gateways"
urlpatterns = [
    path("hooks/routes/<callback_token:token>", views.route_callback, name="route-callback"),
    path("console/routes/<int:pk>/callbacks/", views.route_callbacks, name="route-callbacks"),
]
