"""The words of consent."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices


class ConsentAction(TextChoices):
    GIVEN = "given", "Given"
    CONFIRMED = "confirmed", "Confirmed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class ConsentSource(TextChoices):
    FORM = "form", "Form"
    DOUBLE = "double", "Form, confirmed"
    PAPER = "paper", "Paper"
    CALL = "call", "Call or missed call"
    DCA = "dca", "Operators' consent register"
    KEYWORD = "keyword", "Reply by SMS"
    LINK = "link", "Opt-out page"
    API = "api", "API"
    IMPORT = "import", "Imported list"
    MEMBER = "member", "Entered by a member"


STANDING: Final = frozenset({ConsentAction.GIVEN, ConsentAction.CONFIRMED})

# Of the register of preferences; 0 blocks everything (docs/rules.md#consent).
PREFERENCES: Final = {
    0: "Everything",
    1: "Banking, insurance, credit cards",
    2: "Real estate",
    3: "Education",
    4: "Health",
    5: "Consumer goods and cars",
    6: "Communication, entertainment, IT",
    7: "Tourism and leisure",
    8: "Food and beverages",
}
