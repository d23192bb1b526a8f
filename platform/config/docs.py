"""The API's documentation as a page, under the same strict content security policy as every other page."""

from __future__ import annotations

from drf_spectacular.views import SpectacularSwaggerSplitView


class ApiDocs(SpectacularSwaggerSplitView):
    """Swagger UI with its script at an address of its own, in a template without inline style."""

    url_name = "api-schema"
    template_name = "api/docs.html"
    dakiya_access = "open"
