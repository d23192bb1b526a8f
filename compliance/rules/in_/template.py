from __future__ import annotations

from typing import ClassVar

from compliance.rules.contract import Pair, Refusal
from compliance.rules.facts import is_active
from compliance.rules.in_.words import COUNTRY, said
from compliance.rules.rule import About, LooksAt, PairRule


class TemplateRegistered(PairRule):
    about: ClassVar = About(
        "template_not_registered",
        "template_not_approved",
        "The template has no DLT registration for India.",
        "Register it on the DLT portal and record its template id here.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        if template is None or COUNTRY in template.registrations:
            return None
        return self.about.refusal(f"The template “{template.label}” has no DLT registration for India.")


class TemplateActive(PairRule):
    about: ClassVar = About(
        "template_inactive",
        "template_not_approved",
        "The template is not active on the DLT portal.",
        "Check its approval on the portal, then record its state here.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        registration = template.registrations.get(COUNTRY) if template else None
        if template is None or registration is None or is_active(registration.portal_state):
            return None
        state = said(registration.portal_state)
        return self.about.refusal(f"The template “{template.label}” is {state} on the DLT portal.")


class TemplateLinked(PairRule):
    about: ClassVar = About(
        "template_not_linked_on_portal",
        "template_header_not_linked",
        "On the DLT portal the template is linked to another header.",
        "Link this header to the template on the portal; a template has one header.",
        LooksAt.PAIR,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        registration = template.registrations.get(COUNTRY) if template else None
        if template is None or registration is None or registration.header == pair.header:
            return None
        linked = f"is linked to “{registration.header}”, not to “{pair.header}”"
        return self.about.refusal(f"On the DLT portal “{template.label}” {linked}.")
