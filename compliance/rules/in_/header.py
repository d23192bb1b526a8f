from __future__ import annotations

from typing import ClassVar, Final

from compliance.rules.contract import Pair, Refusal
from compliance.rules.facts import is_active
from compliance.rules.in_.words import COUNTRY, said
from compliance.rules.rule import About, LooksAt, PairRule
from compliance.statuses import Category, SenderKind

_OF_DIGITS: Final = (Category.PROMOTIONAL, Category.GOVERNMENT)


class HeaderRegistered(PairRule):
    about: ClassVar = About(
        "header_not_registered",
        "sender_not_approved",
        "The sender is not registered for India.",
        "Register it on the DLT portal and record the registration here.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        sender = pair.sender
        if sender is None or COUNTRY in sender.registrations:
            return None
        return self.about.refusal(f"The sender “{sender.header}” is not registered for India.")


class HeaderActive(PairRule):
    about: ClassVar = About(
        "header_inactive",
        "sender_not_approved",
        "The sender is not active on the DLT portal: pending, suspended or blacklisted.",
        "Reactivate it on the portal, then record its state here.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        registration = pair.sender.registrations.get(COUNTRY) if pair.sender else None
        if registration is None or is_active(registration.portal_state):
            return None
        return self.about.refusal(f"The sender “{pair.header}” is {said(registration.portal_state)} on the DLT portal.")


class HeaderCategory(PairRule):
    about: ClassVar = About(
        "header_category_mismatch",
        "template_header_not_linked",
        "A header of digits carries promotional and government texts only.",
        "Send this template from a header of letters.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        sender, template = pair.sender, pair.template
        if sender is None or template is None or sender.kind != SenderKind.NUMERIC or template.category in _OF_DIGITS:
            return None
        return self.about.refusal(f"The numeric header “{sender.header}” may carry promotional texts only.")
