"""A new customer from the command line; the console does the same in the browser."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email, validate_slug
from django.urls import reverse

from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from tenants.roles import Role
from tenants.services import create_tenant, invite_member, link_token


class Command(BaseCommand):
    help = "Create a tenant and invite its first owner; prints the link of the invitation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name: lower-case letters, digits, hyphens")
        parser.add_argument("owner_email")
        parser.add_argument("--name", help="of the company; the short name if left out")
        parser.add_argument("--timezone", default="Asia/Kolkata")
        parser.add_argument("--country", default="IN", help="ISO 3166, two letters")
        parser.add_argument("--currency", default="INR", help="ISO 4217, three letters")

    def handle(self, *args: Any, slug: str, owner_email: str, **options: Any) -> None:
        if options["timezone"] not in available_timezones():
            raise CommandError(f"{options['timezone']} is no time zone: write a name like Asia/Kolkata")
        place = {name: options[name] for name in ("timezone", "country", "currency")}
        now = utc_now()
        try:
            validate_slug(slug)
            validate_email(owner_email)
            with platform_context(reason="create a tenant and invite its owner"):
                tenant = create_tenant(name=options["name"] or slug, slug=slug.lower(), owner=None, now=now, **place)
                invitation = invite_member(email=owner_email, role=Role.OWNER, by=None, now=now, tenant_id=tenant.id)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        except DomainError as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}") from None
        link = settings.BASE_URL + reverse("tenants:join", args=[link_token(invitation)])
        self.stdout.write(f"{tenant.name} is made. Its owner accepts the invitation at\n{link}")
