"""Aggregators that take messages by HTTP, added by configuration alone (docs/http-provider.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from routing.callbacks import Callback, CalledBack
from routing.contract import LinkHandler, RouteConfig
from routing.providers.http.callbacks import check_caller, read_receipts
from routing.providers.http.link import HttpLink, Timing
from routing.providers.http.settings import SECRET_FIELDS, HttpSettingsForm, read_callback_map, read_settings

__all__ = ["HttpProvider", "Timing"]


class HttpProvider:
    kind: Final = "http"
    label: Final = "HTTP"
    settings_form: Final = HttpSettingsForm
    secret_fields: Final = SECRET_FIELDS

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()

    async def open(self, config: RouteConfig, handler: LinkHandler) -> HttpLink:
        settings, composer = read_settings(config.settings, config.secrets)
        composer.callback_url = config.callback_url
        link = HttpLink(config, settings, composer, handler, self._timing)
        link.start()
        return link

    def read_callback(
        self, settings: Mapping[str, Any], secrets: Mapping[str, str], call: Callback
    ) -> Sequence[CalledBack]:
        """See routing.callbacks.HearsCallbacks."""
        check_caller(settings, secrets.get("callback_secret", ""), call)
        return read_receipts(read_callback_map(settings), call)
