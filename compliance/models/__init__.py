"""Who may send what to whom: entities, senders and templates with review and registrations, and opt-outs."""

from __future__ import annotations

from compliance.models.chains import Chain, Telemarketer
from compliance.models.consent import ConsentEvent, ConsentPolicy, DndList, DndNumber, OptOut, OptOutLink, WishVersion
from compliance.models.consent_templates import ConsentTemplate
from compliance.models.entities import Entity
from compliance.models.imports import ColumnMapping, PortalImport, PortalImportRow
from compliance.models.links import Link
from compliance.models.portal import PortalRecord
from compliance.models.recipients import (
    BlockedDestination,
    Destination,
    NumberRun,
    OutsideHours,
    RecipientSettings,
)
from compliance.models.reviews import Review, Reviewable
from compliance.models.rulings import Ruling
from compliance.models.senders import Sender, SenderRegistration
from compliance.models.settings import ObjectionCount, RuleLevel
from compliance.models.stops import Stop
from compliance.models.templates import DltRegistration, Template
from compliance.models.versions import RuleVersion
from compliance.models.warnings import Warned

__all__ = [
    "BlockedDestination",
    "Chain",
    "ColumnMapping",
    "ConsentEvent",
    "ConsentPolicy",
    "ConsentTemplate",
    "Destination",
    "DltRegistration",
    "DndList",
    "DndNumber",
    "Entity",
    "Link",
    "NumberRun",
    "ObjectionCount",
    "OptOut",
    "OptOutLink",
    "OutsideHours",
    "PortalImport",
    "PortalImportRow",
    "PortalRecord",
    "RecipientSettings",
    "Review",
    "Reviewable",
    "RuleLevel",
    "RuleVersion",
    "Ruling",
    "Sender",
    "SenderRegistration",
    "Stop",
    "Telemarketer",
    "Template",
    "Warned",
    "WishVersion",
]
