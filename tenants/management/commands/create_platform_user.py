"""The first person of a new installation: platform staff, who make the tenants."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from kernel.domain.errors import DomainError
from tenants.models import User
from tenants.services import create_user


class Command(BaseCommand):
    help = "Create a member of the platform's staff, who sees the console. Asks for the password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="as colleagues know them")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--admin", action="store_true", help="every right in the Django admin too")

    def handle(self, *args: Any, email: str, name: str, password_stdin: bool, admin: bool, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\n") if password_stdin else getpass("Password: ")
        try:
            validate_password(password, User(email=email, full_name=name))
            user = create_user(email=email, password=password, full_name=name, is_staff=True, is_superuser=admin)
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from None
        except DomainError as problem:
            raise CommandError(f"{problem.detail} {problem.remedy}") from None
        self.stdout.write(f"{user.email} can sign in to the platform console.")
