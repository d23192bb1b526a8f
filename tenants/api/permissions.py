from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tenants.api.authentication import Principal


class HasTenant(BasePermission):
    """The request carries a token of an active tenant. What a token reaches inside it is everything."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Principal)
