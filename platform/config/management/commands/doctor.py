from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.doctor import examine
from kernel.domain.clock import utc_now


class Command(BaseCommand):
    help = (
        "Say what would stop this installation soon, and what to do: partitions ahead, schema, disk, clocks, broker,"
        " beat, long transactions, queues, leases, receipts, figures, wallets. Ends with 1 on any finding."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine(utc_now()))
        for finding in findings:
            self.stderr.write(str(finding))
        if findings:
            raise CommandError(f"{len(findings)} findings")
        self.stdout.write("Nothing is wrong.")
