"""Pages under /console/, for the platform's staff."""

from __future__ import annotations

from django.urls import path, register_converter

from routing import lookup_views, plan_views, views
from routing.statuses import RouteState


class RouteStateConverter:
    regex = "|".join(RouteState.values)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(RouteStateConverter, "route_state")

app_name = "routing"
urlpatterns = [
    path("routes/", views.route_list, name="routes"),
    path("routes/new/<slug:kind>/", views.route_new, name="route-new"),
    path("routes/<int:pk>/", views.route_detail, name="route-detail"),
    path("routes/<int:pk>/edit/", views.route_edit, name="route-edit"),
    path("routes/<int:pk>/forget/", views.route_forget, name="route-forget"),
    path("routes/<int:pk>/unreadable/", views.route_unreadable, name="route-unreadable"),
    path("routes/<int:pk>/versions/", plan_views.route_history, name="route-history"),
    path("routes/<int:pk>/versions/<int:number>/", plan_views.route_version, name="route-version"),
    path("routes/<int:pk>/versions/<int:number>/restore/", plan_views.route_restore, name="route-restore"),
    path("routes/<int:pk>/<route_state:state>/", views.route_state, name="route-state"),
    path("look-ups/", lookup_views.lookup_list, name="lookups"),
    path("look-ups/new/<slug:kind>/", lookup_views.lookup_new, name="lookup-new"),
    path("look-ups/<int:pk>/", lookup_views.lookup_edit, name="lookup-edit"),
    path("plan/", plan_views.plan, name="plan"),
    path("plan/versions/", plan_views.plan_history, name="plan-history"),
    path("plan/versions/<int:version>/", plan_views.plan_version, name="plan-version"),
    path("plan/versions/<int:version>/restore/", plan_views.plan_restore, name="plan-restore"),
    path("trail/", plan_views.trail, name="trail"),
]
