from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.db.tenancy import platform_context
from messaging.services.books import audit_tenant
from tenants.queries import all_tenant_ids


class Command(BaseCommand):
    help = "Recount every tenant's books from ledger, events and messages; fails on any difference."

    def handle(self, *args: Any, **options: Any) -> None:
        tenants, found = all_tenant_ids(), 0
        for tenant_id in tenants:
            with platform_context(reason="audit the books"):
                differences = audit_tenant(tenant_id)
            for difference in differences:
                self.stderr.write(f"tenant {tenant_id}: {difference}")
            found += len(differences)
        if found:
            raise CommandError(f"{found} differences in the books of {len(tenants)} tenants")
        self.stdout.write(f"the books of {len(tenants)} tenants are exact")
