"""Operators that speak SMPP 3.4 over TCP or TLS."""

from __future__ import annotations

from typing import Final

from routing.contract import LinkHandler, RouteConfig
from routing.providers.smpp.link import SmppLink, Timing
from routing.providers.smpp.settings import SECRET_FIELDS, SmppSettingsForm, read_settings


class SmppProvider:
    kind: Final = "smpp"
    label: Final = "SMPP 3.4"
    settings_form: Final = SmppSettingsForm
    secret_fields: Final = SECRET_FIELDS

    def __init__(self, timing: Timing | None = None) -> None:
        self._timing = timing or Timing()

    async def open(self, config: RouteConfig, handler: LinkHandler) -> SmppLink:
        settings = read_settings(config.settings, config.secrets).of_lane(config.lane)
        link = SmppLink(config, settings, handler, self._timing)
        link.start()
        return link
