"""The template that was named exists, was approved by us and belongs to the sender. Holds for every destination."""

from __future__ import annotations

from compliance.rules.contract import Pair, Refusal
from compliance.statuses import ReviewState, remedy_for


class TemplateApproved:
    def judge(self, pair: Pair) -> Refusal | None:
        template = pair.template
        if template is None:
            return Refusal(
                "template_not_found",
                "There is no template with this id in your account.",
                "Take the id from the templates page; our id and the portal's template id are both understood.",
            )
        if template.state != ReviewState.APPROVED:
            state = ReviewState(template.state).label.lower()
            return Refusal(
                "template_not_approved",
                f"The template “{template.label}” is not approved (its state: {state}).",
                remedy_for(template.state, "version"),
            )
        if template.header != pair.header:
            return Refusal(
                "template_header_not_linked",
                f"The template “{template.label}” belongs to the sender “{template.header}”, not to “{pair.header}”.",
                f"Send it as “{template.header}”, or register the text for this sender.",
            )
        return None
