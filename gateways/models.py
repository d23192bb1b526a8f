"""What came to an edge and could not be used. All of it is the platform's own."""

from __future__ import annotations

from django.db import models

from routing.models import Route


class CallbackTrouble(models.Model):
    """Callbacks of a route that were refused or said something without a meaning: how many, and the last of them."""

    route = models.OneToOneField(Route, models.CASCADE, primary_key=True, related_name="+")
    count = models.PositiveBigIntegerField(default=0)
    # Newest first, gateways.http.trouble.KEPT at most: {"at", "why", "what"}.
    samples = models.JSONField(default=list)

    class Meta:
        db_table = "callback_troubles"

    def __str__(self) -> str:
        return f"{self.route_id}: {self.count}"
