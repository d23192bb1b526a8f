"""What every API view of a tenant stands on, and the resource `tokens`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.db.models import QuerySet
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kernel.db.tenancy import tenant_context
from tenants.api.authentication import Principal, TokenAuthentication
from tenants.api.permissions import HasTenant
from tenants.api.serializers import TokenSerializer
from tenants.models import ApiToken
from tenants.queries import TenantInfo

Handler = Callable[..., Response]


class TenantScope(APIView):
    """Runs the handler in the tenant context of the token. Mix in before a generic view.

    An error that is raised rolls back what the handler wrote; a refusal that must leave a trace is returned.
    """

    authentication_classes = [TokenAuthentication]
    permission_classes = [HasTenant]
    dakiya_access = "token"

    @property
    def principal(self) -> Principal:
        """Who calls; only after `initial` has let them in."""
        return cast("Principal", self.request.auth)

    @property
    def tenant(self) -> TenantInfo:
        return self.principal.tenant

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # DRF looks the handler up after this, and maps what it raises, the commit's errors included.
        name = (request.method or "").lower()
        handler = getattr(self, name, None)
        if handler is not None:
            setattr(self, name, self._inside(handler))

    def _inside(self, handler: Handler) -> Handler:
        @wraps(handler)
        def scoped(request: Request, *args: Any, **kwargs: Any) -> Response:
            with tenant_context(self.tenant.id):
                return handler(request, *args, **kwargs)

        return scoped


class TenantAPIView(TenantScope):
    """A view with handlers of its own."""


class TokenList(TenantScope, generics.ListAPIView[ApiToken]):
    """The organisation's API tokens, newest first; a token's secret was shown once, when it was made."""

    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.all()


class TokenDetail(TenantScope, generics.RetrieveAPIView[ApiToken]):
    """One API token."""

    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.all()
