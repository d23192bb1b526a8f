"""Close a destination for every organisation, open it again, or list what is closed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.models import BlockedDestination
from compliance.services.recipients import block_for_all, unblock_for_all
from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError


class Command(BaseCommand):
    help = "Close numbers by their first digits for all organisations: block +881 --reason …, unblock +881, list."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=("block", "unblock", "list"))
        parser.add_argument("prefix", nargs="?", default="")
        parser.add_argument("--reason", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        with platform_context(reason="close destinations for everybody"):
            try:
                self._act(options["action"], options["prefix"], options["reason"])
            except DomainError as refusal:
                raise CommandError(f"{refusal.detail} {refusal.remedy}") from refusal

    def _act(self, action: str, prefix: str, reason: str) -> None:
        if action == "block":
            row = block_for_all(prefix=prefix, reason=reason, now=utc_now())
            self.stdout.write(f"{row.prefix} is closed for everybody")
        elif action == "unblock":
            was = unblock_for_all(prefix=prefix)
            self.stdout.write(f"{prefix} is open again" if was else f"{prefix} was not closed")
        else:
            for row in BlockedDestination.objects.order_by("prefix"):
                self.stdout.write(f"{row.prefix} {row.created_at:%Y-%m-%d} {row.reason}")
