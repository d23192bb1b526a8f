"""Who may send what to whom: entities, senders and templates with review and registrations, and opt-outs."""

from __future__ import annotations

from compliance.models.consent import OptOut
from compliance.models.entities import Entity
from compliance.models.reviews import Review, Reviewable
from compliance.models.senders import Sender, SenderRegistration
from compliance.models.templates import DltRegistration, Template
from compliance.models.versions import RuleVersion

__all__ = [
    "DltRegistration",
    "Entity",
    "OptOut",
    "Review",
    "Reviewable",
    "RuleVersion",
    "Sender",
    "SenderRegistration",
    "Template",
]
