"""Pages under /console/seeds/, for the platform's staff."""

from __future__ import annotations

from django.urls import path

from messaging import probe_views

app_name = "seeds"
urlpatterns = [
    path("", probe_views.seeds, name="seeds"),
    path("<int:pk>/retire/", probe_views.seed_retire, name="seed-retire"),
    path("routes/<int:pk>/", probe_views.probes, name="probes"),
    path("probes/<int:pk>/confirm/", probe_views.probe_confirm, name="probe-confirm"),
]
