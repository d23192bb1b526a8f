"""`manage.py sync_roles`: the logins, roles and database that everything else runs as. Part of every release."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kernel.db.roles import ensure_roles


class Command(BaseCommand):
    help = "Make the database and its roles, and give the logins their passwords; running it again changes nothing."
    requires_system_checks = ()  # they would connect as a login that may not exist yet

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SUPERUSER_DATABASE_URL:
            raise CommandError(
                "SUPERUSER_DATABASE_URL is not set: give this command, and no other process, the URL of a superuser, "
                "for example postgresql://postgres:…@host:5432/postgres"
            )
        ensure_roles(
            superuser_dsn=settings.SUPERUSER_DATABASE_URL,
            database=str(settings.DATABASES["default"]["NAME"]),
            passwords=settings.LOGIN_PASSWORDS,
        )
