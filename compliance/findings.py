"""What is found about an item without a person: shown to its reviewers, and counted when it is submitted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from compliance.errors import InvalidHeader
from compliance.identifiers import INDIA, parse_header
from compliance.lint import lint
from compliance.models import Sender, Template
from compliance.statuses import SenderKind


class Severity(StrEnum):
    ERROR = "error"  # a portal or an operator will refuse it
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Finding:
    severity: Severity
    code: str
    sentence: str

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR


def findings_of(item: Sender | Template) -> list[Finding]:
    """Every finding about an item, errors first."""
    return _of_sender(item) if isinstance(item, Sender) else _of_template(item)


def _of_template(template: Template) -> list[Finding]:
    return [
        Finding(Severity.ERROR if hint.is_error else Severity.ADVICE, hint.code, hint.sentence)
        for hint in lint(template.body, template.category)
    ]


def _of_sender(sender: Sender) -> list[Finding]:
    country = sender.entity.country if sender.entity else INDIA
    try:
        _, warnings = parse_header(sender.header, SenderKind(sender.kind), country)
    except InvalidHeader as refusal:
        return [Finding(Severity.ERROR, refusal.code, refusal.detail)]
    found = [Finding(Severity.ADVICE, "header_unusual", warning) for warning in warnings]
    if sender.entity is None:
        found.append(Finding(Severity.ADVICE, "entity_missing", "It belongs to no entity yet; India needs one."))
    if twins := list(Sender.objects.looking_like(sender.header)[:3]):
        names = ", ".join(twin.header for twin in twins)
        found.append(Finding(Severity.ADVICE, "header_lookalike", f"Readers may take it for {names}."))
    return found
