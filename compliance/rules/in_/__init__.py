"""India: entity, header, template and calls to action are registered on the operators' ledgers (DLT).

The rules and their order: docs/rules.md#what-india-asks.
"""

from __future__ import annotations

from datetime import time
from typing import Final

from compliance.rules.country import CountryPackage, Hours
from compliance.rules.in_.entity import EntityActive, EntityMissing
from compliance.rules.in_.header import HeaderActive, HeaderCategory, HeaderRegistered
from compliance.rules.in_.links import (
    AddressWhitelisted,
    CallBlacklisted,
    CallWhitelisted,
    NoPublicShortener,
    NumberInValue,
)
from compliance.rules.in_.template import TemplateActive, TemplateLinked, TemplateRegistered
from compliance.rules.in_.wayout import WORDS, WayOutSaid

PACKAGE: Final = CountryPackage(
    country="IN",
    name="India",
    sender_rules=(EntityMissing(), EntityActive(), HeaderRegistered(), HeaderActive()),
    template_rules=(HeaderCategory(), TemplateRegistered(), TemplateActive(), TemplateLinked()),
    link_rules=(NoPublicShortener(), CallBlacklisted(), CallWhitelisted(), NumberInValue(), AddressWhitelisted()),
    promotional_hours=Hours(time(10), time(21), time(20, 50)),
    text_rules=(WayOutSaid(),),
    optout_words=WORDS,
    duties=(
        "Entity, header and template registered on a DLT portal; ids travel with each message.",
        "Links, call-back numbers, apps and addresses in texts whitelisted on the portal.",
        "A chain of telemarketers from the entity to the operator, approved by all of them.",
        "A way to opt out in each promotional text.",
    ),
    carries_ids=True,
)
