"""Pages under /console/tenants/, for the platform's staff."""

from __future__ import annotations

from django.urls import path, register_converter

from tenants.models import Tenant
from tenants.views import console


class StateConverter:
    regex = "|".join(Tenant.State.values)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(StateConverter, "tenant_state")

app_name = "console_tenants"
urlpatterns = [
    path("", console.tenant_list, name="tenants"),
    path("new/", console.tenant_new, name="tenant-new"),
    path("<uuid:pk>/weight/", console.tenant_weight, name="tenant-weight"),
    path("<uuid:pk>/<tenant_state:state>/", console.tenant_state, name="tenant-state"),
]
