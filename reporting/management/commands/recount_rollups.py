from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.domain.clock import utc_now
from reporting.recounting import recount


class Command(BaseCommand):
    help = "Prove that the roll-ups equal the message log, and the log the messages; ends with 1 on any difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days",
            type=int,
            default=settings.MESSAGE_RETENTION_DAYS,
            help="Hold messages of this many days against the log (default: all that are kept)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = utc_now()
        differences = recount(since=now - timedelta(days=options["days"]), now=now)
        for difference in differences:
            self.stderr.write(str(difference))
        if differences:
            raise CommandError(f"{len(differences)} differences between roll-ups, log and messages")
        self.stdout.write("Roll-ups, log and messages agree.")
