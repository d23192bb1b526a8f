from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class MessagingConfig(AppConfig):
    name = "messaging"

    def ready(self) -> None:
        from compliance.services.stops import register
        from messaging.services.stopping import BatchKeeper

        register(BatchKeeper())
        post_migrate.connect(_make_partitions, sender=self, dispatch_uid="messaging.partitions")


def _make_partitions(**_: Any) -> None:
    """A new database can take messages at once; afterwards a task makes partitions ahead."""
    from messaging.services.partitions import make_partitions

    if settings.LOGIN == "owner":
        make_partitions()
