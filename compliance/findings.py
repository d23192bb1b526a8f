"""What is found about an item without a person: shown to its reviewers, and counted when it is submitted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from compliance.advice.findings import Finding, Severity
from compliance.advice.optimiser import advise
from compliance.errors import InvalidHeader
from compliance.identifiers import INDIA, parse_header
from compliance.models import Sender, Template
from compliance.statuses import SenderKind
from kernel.telecom.segments import TextRefused

NOTED: Final = frozenset((Severity.ADVICE, Severity.WARNING))


def findings_of(item: Sender | Template) -> list[Finding]:
    """Every finding about an item, errors first."""
    return _of_sender(item) if isinstance(item, Sender) else _of_template(item)


def counts(findings: Iterable[Finding]) -> tuple[int, int]:
    """How many errors, and how much advice; mere information is not counted."""
    severities = [finding.severity for finding in findings]
    return severities.count(Severity.ERROR), sum(severity in NOTED for severity in severities)


def _of_template(template: Template) -> list[Finding]:
    try:
        advice = advise(template.body, category=template.category, variables=template.variable_list, is_template=True)
    except TextRefused as refusal:
        return [Finding(refusal.code, Severity.ERROR, refusal.detail, refusal.remedy)]
    return list(advice.findings)


def _of_sender(sender: Sender) -> list[Finding]:
    country = sender.entity.country if sender.entity else INDIA
    try:
        _, warnings = parse_header(sender.header, SenderKind(sender.kind), country)
    except InvalidHeader as refusal:
        return [Finding(refusal.code, Severity.ERROR, refusal.detail, refusal.remedy)]
    found = [Finding("header_unusual", Severity.ADVICE, warning, "") for warning in warnings]
    if sender.entity is None:
        words = "It belongs to no entity yet; India needs one."
        found.append(Finding("entity_missing", Severity.ADVICE, words, "Have its writer choose the entity."))
    if twins := list(Sender.objects.looking_like(sender.header)[:3]):
        words = f"Readers may take it for {', '.join(twin.header for twin in twins)}."
        found.append(Finding("header_lookalike", Severity.ADVICE, words, "Make sure that both are yours."))
    return found
