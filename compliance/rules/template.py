"""The template that was named exists, was approved by us and belongs to the sender. Holds for every destination."""

from __future__ import annotations

from typing import ClassVar

from compliance.rules.contract import Pair, Refusal
from compliance.rules.rule import About, Basis, LooksAt, PairRule
from compliance.statuses import ReviewState, remedy_for


class TemplateExists(PairRule):
    about: ClassVar = About(
        "template_unknown",
        "template_not_found",
        "There is no template with this id in your account.",
        "Take the id from the templates page; our id and the portal's template id are both understood.",
        LooksAt.PAIR,
        Basis.ACCOUNT,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        return self.about.refusal() if pair.template is None else None


class TemplateApproved(PairRule):
    about: ClassVar = About(
        "template_in_review",
        "template_not_approved",
        "The template has not been approved here.",
        "Submit it for review, or use an approved version.",
        LooksAt.PAIR,
        Basis.ACCOUNT,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        if template is None or template.state == ReviewState.APPROVED:
            return None
        state = ReviewState(template.state).label.lower()
        detail = f"The template “{template.label}” is not approved (its state: {state})."
        return self.about.refusal(detail, remedy_for(template.state, "version"))


class TemplateOfSender(PairRule):
    about: ClassVar = About(
        "template_of_other_sender",
        "template_header_not_linked",
        "The template belongs to another sender.",
        "Send it as that sender, or register the text for this one.",
        LooksAt.PAIR,
        Basis.ACCOUNT,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        if template is None or template.header == pair.header:
            return None
        detail = f"The template “{template.label}” belongs to the sender “{template.header}”, not to “{pair.header}”."
        return self.about.refusal(detail, f"Send it as “{template.header}”, or register the text for this sender.")
