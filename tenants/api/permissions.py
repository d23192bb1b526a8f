from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.api.authentication import Principal

if TYPE_CHECKING:
    # DRF reads this module while it loads its views.
    from rest_framework.views import APIView


class HasTenant(BasePermission):
    """The request carries a token of an active tenant. What a token reaches inside it is everything."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, Principal)
