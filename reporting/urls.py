"""Mounted at the root: the first pages of organisations and staff."""

from __future__ import annotations

from django.urls import path

from reporting import gap_views, plan_views, views

app_name = "reporting"
urlpatterns = [
    path("", views.home, name="home"),
    path("traffic/", views.traffic, name="traffic"),
    path("traffic.json", views.traffic_json, name="traffic-json"),
    path("console/", views.console, name="console"),
    path("compliance/gaps/", gap_views.gaps, name="gaps"),
    path("console/gaps/", gap_views.console_gaps, name="console-gaps"),
    path("console/no-route/", views.wayless, name="wayless"),
    path("console/plan/preview/", plan_views.plan_preview, name="plan-preview"),
    path("console/plan/versions/<int:version>/preview/", plan_views.plan_version_preview, name="plan-version-preview"),
    path("console/routes/<int:pk>/preview/", plan_views.route_preview, name="route-preview"),
    path(
        "console/routes/<int:pk>/<route_state:state>/preview/",
        plan_views.route_state_preview,
        name="route-state-preview",
    ),
    path(
        "console/routes/<int:pk>/versions/<int:number>/preview/",
        plan_views.route_version_preview,
        name="route-version-preview",
    ),
]
