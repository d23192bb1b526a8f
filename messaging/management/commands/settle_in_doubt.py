"""`manage.py settle_in_doubt --older-than 1h [--route NAME] [--as …] [--dry-run]`: end what no operator answers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.services import SYSTEM
from kernel.db.tenancy import platform_context
from kernel.domain.clock import utc_now
from messaging.models import Operation
from messaging.services.doubt import Settled
from messaging.services.selecting import Selection
from messaging.services.surgery import Action, Order, carry_out, prepare, start
from routing.models import Route

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Command(BaseCommand):
    help = (
        "Settle messages that an operator may have and of which no answer says so (docs/rules.md#messages-in-doubt). "
        "They count as handed over: what is charged on submission stays charged, what is charged on delivery is not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", default="", metavar="AGE", help="in doubt for so long: 30m, 1h, 2d")
        parser.add_argument("--route", default="", help="the route's name; all routes without it")
        parser.add_argument(
            "--as", dest="ending", choices=[each.value for each in Settled], default=Settled.UNKNOWN.value,
            help="unknown: a later receipt may still correct it; failed: the operator says it has none of them; "
            "submitted: promotions left by a dead dispatcher count as handed over, and nothing ends",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="count only")

    def handle(self, *args: Any, **options: Any) -> None:
        now = utc_now()
        if not options["older_than"]:
            raise CommandError(
                "say how long messages must have been in doubt, such as --older-than 1h: younger ones may be answered "
                "within minutes. --dry-run counts them and changes nothing"
            )
        route_id = self._route_id(options["route"])
        selection = Selection(now, route_id=route_id, waiting=age(options["older_than"]))
        order = Order(Action.SETTLE, selection, ending=Settled(options["ending"]))
        with platform_context(reason="settle what is in doubt"):
            operation = prepare(order=order, actor=SYSTEM, now=now)
            counted = operation.counted
            self.stdout.write(
                f"{counted['messages']} in doubt: {counted['counted']} count as submitted, "
                f"{counted['again']} are sent again by the next claim"
            )
            if options["dry_run"]:
                operation.delete()
                return
            start(operation_id=operation.pk)
        carry_out(operation_id=operation.pk, now=now)
        with platform_context(reason="settle what is in doubt"):
            done = Operation.objects.get(pk=operation.pk).done
        self.stdout.write(f"{done.get('messages', 0)} settled as {options['ending']}")

    def _route_id(self, name: str) -> int | None:
        if not name:
            return None
        route = Route.objects.filter(name=name).first()
        if route is None:
            names = ", ".join(Route.objects.values_list("name", flat=True))
            raise CommandError(f"there is no route {name!r}; the routes are {names}")
        return route.pk


def age(text: str) -> timedelta:
    """`30m`, `1h`, `2d`."""
    found = re.fullmatch(r"(\d{1,4})([mhd])", text)
    if found is None:
        raise CommandError(f"{text!r} is no age: write for example 30m, 1h or 2d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})
