"""How the API's description names our authentication; importing it registers it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular's registry is untyped
    target_class = "tenants.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        description = "`Authorization: Token dk_live_…`, made under Settings, API tokens."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}
