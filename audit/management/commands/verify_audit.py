from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.heads import heads_file, public_key
from audit.sealing import tenants_with_entries
from audit.services import PLATFORM
from audit.verifying import Report, load_heads, verify_heads, verify_tenant


class Command(BaseCommand):
    help = "Find changed, missing, reordered or cut-off rows of the audit trails; fails when there are any."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", type=UUID, help="the id of one organisation; without it, all trails")
        parser.add_argument("--heads", type=Path, help="a copy of the file of heads that was kept elsewhere")
        parser.add_argument(
            "--key", help="the public key it is signed with, 64 hex digits; this installation's if left out"
        )
        parser.add_argument("--public-key", action="store_true", help="print the public key and do nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["public_key"]:
            self.stdout.write(public_key())
            return
        key = _key(options["key"] or public_key())
        heads = load_heads(options["heads"] or heads_file(), key)
        for problem in (problems := verify_heads(heads)):
            self.stderr.write(problem)
        if heads.is_missing and not problems:
            self.stdout.write("no heads were written yet: they come within the hour, once something is sealed")
        tenants = [options["tenant"]] if options["tenant"] else sorted({*tenants_with_entries(), *heads.of_tenant})
        reports = [verify_tenant(tenant_id, heads.of_tenant.get(tenant_id, ())) for tenant_id in tenants]
        for report in reports:
            self._tell(report)
        broken = len(problems) + sum(len(report.breaks) for report in reports)
        if broken:
            things = "1 thing is" if broken == 1 else f"{broken} things are"
            raise CommandError(f"{things} wrong with the audit trail; the lines above say where")
        trails = "1 trail holds" if len(reports) == 1 else f"{len(reports)} trails hold"
        agreeing = "1 signed head agrees" if len(heads.lines) == 1 else f"{len(heads.lines)} signed heads agree"
        self.stdout.write(f"{trails}, {agreeing}")

    def _tell(self, report: Report) -> None:
        name = "platform" if report.tenant_id == PLATFORM else f"tenant {report.tenant_id}"
        heads = "1 head" if report.heads == 1 else f"{report.heads} heads"
        for found in report.breaks:
            self.stderr.write(f"{name}: seal {found.number}: {found.reason}")
        self.stdout.write(f"{name}: {report.sealed} sealed, {heads}, {report.unsealed} not sealed yet")


def _key(text: str) -> Ed25519PublicKey:
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise CommandError("the public key is not 64 hex digits") from None
