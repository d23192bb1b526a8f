"""Pages under /console/queues/, for the platform's staff."""

from __future__ import annotations

from django.urls import path

from messaging import console, console_receipts, inbox

app_name = "console_queues"
urlpatterns = [
    path("", console.queues, name="queues"),
    path("in-doubt/", console.in_doubt, name="in-doubt"),
    path("unmatched/", console_receipts.unmatched, name="unmatched"),
    path("inbound/", inbox.unmatched_inbound, name="unmatched-inbound"),
    path("routes/<int:pk>/", console.route_health, name="route"),
    path("<uuid:operation_id>/", console.operation, name="operation"),
    path("<uuid:operation_id>/start/", console.operation_start, name="operation-start"),
]
