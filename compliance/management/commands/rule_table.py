"""Write the table of rules into docs/compliance-rules.md, from the rules themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from compliance.rules.catalogue import table

BEGIN: Final = "<!-- rules: written by manage.py rule_table -->\n"
END: Final = "<!-- end of rules -->\n"


def page() -> Path:
    return Path(settings.BASE_DIR) / "docs" / "compliance-rules.md"


def written(text: str) -> str:
    """The page with the table as it is today."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}{table()}{END}{rest.partition(END)[2]}"


class Command(BaseCommand):
    help = "Write the table of rules into docs/compliance-rules.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--print", action="store_true", dest="is_printed", help="to the screen instead")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["is_printed"]:
            self.stdout.write(table())
            return
        page().write_text(written(page().read_text()))
