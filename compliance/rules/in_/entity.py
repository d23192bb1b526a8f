from __future__ import annotations

from typing import ClassVar

from compliance.rules.contract import Pair, Refusal
from compliance.rules.facts import is_active
from compliance.rules.in_.words import COUNTRY, said
from compliance.rules.rule import About, LooksAt, PairRule


class EntityMissing(PairRule):
    about: ClassVar = About(
        "entity_missing",
        "sender_not_approved",
        "The sender has no entity with an Indian DLT entity id.",
        "Enter the 19-digit entity id from your portal, and choose that entity for the sender.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None:
            return None
        entity = sender.entity
        if entity is None or entity.country != COUNTRY or not entity.dlt_entity_id:
            return self.about.refusal(f"The sender “{sender.header}” has no entity with an Indian DLT entity id.")
        return None


class EntityActive(PairRule):
    about: ClassVar = About(
        "entity_inactive",
        "sender_not_approved",
        "The sender's entity is not active on the DLT portal.",
        "Renew the entity on its portal, then record its state here.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None or sender.entity is None or is_active(sender.entity.portal_state):
            return None
        state = said(sender.entity.portal_state)
        return self.about.refusal(f"The entity of “{sender.header}” is {state} on the DLT portal.")
