"""What India asks besides our own approval: entity, header and template active on the DLT portal, and linked.

The rules and their order: docs/rules.md#what-india-asks.
"""

from __future__ import annotations

from typing import Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.facts import SenderFacts, is_active
from compliance.statuses import Category, PortalState, SenderKind

COUNTRY: Final = "IN"


def _said(portal_state: str) -> str:
    return PortalState(portal_state).label.lower()


class EntityRegistered:
    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None:
            return None
        entity = sender.entity
        if entity is None or entity.country != COUNTRY or not entity.dlt_entity_id:
            return Refusal(
                "sender_not_approved",
                f"The sender “{sender.header}” has no entity with an Indian DLT entity id.",
                "Enter the 19-digit entity id from your portal, and choose that entity for the sender.",
            )
        if not is_active(entity.portal_state):
            return Refusal(
                "sender_not_approved",
                f"The entity of “{sender.header}” is {_said(entity.portal_state)} on the DLT portal.",
                "Renew the entity on its portal, then record its state here.",
            )
        return None


class HeaderRegistered:
    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None:
            return None
        registration = sender.registrations.get(COUNTRY)
        if registration is None:
            return Refusal(
                "sender_not_approved",
                f"The sender “{sender.header}” is not registered for India.",
                "Register it on the DLT portal and record the registration here.",
            )
        if not is_active(registration.portal_state):
            return Refusal(
                "sender_not_approved",
                f"The sender “{sender.header}” is {_said(registration.portal_state)} on the DLT portal.",
                "Reactivate it on the portal, then record its state here.",
            )
        return self._fits_category(sender, pair)

    @staticmethod
    def _fits_category(sender: SenderFacts, pair: Pair) -> Refusal | None:
        is_promotional = pair.template is None or pair.template.category == Category.PROMOTIONAL
        if sender.kind != SenderKind.NUMERIC or is_promotional:
            return None
        if pair.template and pair.template.category == Category.GOVERNMENT:
            return None
        return Refusal(
            "template_header_not_linked",
            f"The numeric header “{sender.header}” may carry promotional texts only.",
            "Send this template from a header of letters.",
        )


class TemplateRegistered:
    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        if template is None:
            return None
        registration = template.registrations.get(COUNTRY)
        if registration is None:
            return Refusal(
                "template_not_approved",
                f"The template “{template.label}” has no DLT registration for India.",
                "Register it on the DLT portal and record its template id here.",
            )
        if not is_active(registration.portal_state):
            return Refusal(
                "template_not_approved",
                f"The template “{template.label}” is {_said(registration.portal_state)} on the DLT portal.",
                "Check its approval on the portal, then record its state here.",
            )
        if registration.header != pair.header:
            return Refusal(
                "template_header_not_linked",
                f"On the DLT portal “{template.label}” is linked to “{registration.header}”, not to “{pair.header}”.",
                "Link this header to the template on the portal; a template has one header.",
            )
        return None
