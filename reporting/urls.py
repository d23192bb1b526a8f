"""Mounted at the root: the first pages of organisations and staff."""

from __future__ import annotations

from django.urls import path

from reporting import views

app_name = "reporting"
urlpatterns = [
    path("", views.home, name="home"),
    path("traffic/", views.traffic, name="traffic"),
    path("traffic.json", views.traffic_json, name="traffic-json"),
    path("console/", views.console, name="console"),
]
