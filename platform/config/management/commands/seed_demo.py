from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from compliance.models import Template
from config.demo import build
from config.demo.cast import TENANTS, DemoTenant
from config.demo.numbers import ensure_lookups, ensure_report
from config.demo.story import LIST_NAME, ensure_story
from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from tenants.models import ApiToken, Tenant, User
from tenants.roles import Role
from tenants.services import actor, create_token


class Command(BaseCommand):
    help = "Make the demo and write var/demo.json; repeating it changes nothing. Refused outside development."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production":
            raise CommandError("the demo has well-known passwords: it is never made in production")
        now = utc_now()
        build.ensure_platform()
        build.ensure_routes()
        ensure_lookups(now)
        card = build.ensure_card(now)
        tenants = [build.ensure_tenant(cast, card, now) for cast in TENANTS]
        path: Path = settings.VAR_DIR / "demo.json"
        earlier = json.loads(path.read_text()) if path.exists() else {}
        tokens = {tenant["slug"]: tenant["api_token"] for tenant in earlier.get("tenants", [])}
        demo = {
            "base_url": settings.BASE_URL,
            "smsc": {"host": "127.0.0.1", "port": settings.SMSC_PORT},
            "tenants": [
                self._describe(cast, tenant, tokens.get(cast.slug))
                for cast, tenant in zip(TENANTS, tenants, strict=True)
            ],
            "users": build.users_of(TENANTS),
            "demo_campaign": str(self._campaign(TENANTS[0], tenants[0], now)),
        }
        path.write_text(json.dumps(demo, indent=2, ensure_ascii=False) + "\n")
        self.stdout.write(f"{len(tenants)} demo tenants, {path}")

    def _campaign(self, cast: DemoTenant, tenant: Tenant, now: datetime) -> UUID:
        owner = User.objects.get(email=cast.email(Role.OWNER))
        with tenant_context(tenant.id):
            campaign_id = ensure_story(cast.templates[0].name, actor(owner), now)
            ensure_report(LIST_NAME, actor(owner), now)
        return campaign_id

    def _describe(self, cast: DemoTenant, tenant: Tenant, token: str | None) -> dict[str, Any]:
        with tenant_context(tenant.id):
            template = Template.objects.get(name=cast.templates[0].name, version=1)
            if token is None or not ApiToken.objects.filter(revoked_at=None).exists():
                # A token is readable once: without the earlier file a new one is made.
                _, token = create_token(name="Demo", by=None)
        return {
            "slug": cast.slug,
            "api_token": token,
            "sender": cast.header,
            "template_id": str(template.id),
            "sample_text": cast.sample_text,
            "recipient": cast.recipient,
        }
