from __future__ import annotations

from django.apps import AppConfig


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = "Campaigns"

    def ready(self) -> None:
        from campaigns.services.stopping import CampaignKeeper
        from compliance.services.stops import register

        register(CampaignKeeper())
