from __future__ import annotations

from django.db import models

from kernel.db.models import TenantOwned


class Ruling(TenantOwned):
    """What the rules knew and said about a sender and a template on their way to one country, as it stood once.

    Its id is the beginning of its digest (compliance.rules.rulings), so that what is as it was before is no new row:
    one is written when facts have changed and a message is judged by them, never for a message. Nobody can change it.
    """

    digest = models.CharField(max_length=64)
    header = models.CharField(max_length=21)
    template_id = models.UUIDField(null=True)
    country = models.CharField(max_length=2)
    content = models.JSONField()
    first_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.header} to {self.country}, {self.digest[:8]}"
