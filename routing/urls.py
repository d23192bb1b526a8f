"""Pages under /console/, for the platform's staff."""

from __future__ import annotations

from django.urls import path, register_converter

from routing import views
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
    path("routes/<int:pk>/<route_state:state>/", views.route_state, name="route-state"),
    path("plan/", views.plan, name="plan"),
]
