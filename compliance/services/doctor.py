"""The template doctor on the tenant's own templates."""

from __future__ import annotations

from collections.abc import Sequence

from compliance.advice.doctor import Diagnosis, diagnose
from compliance.identifiers import INDIA
from compliance.rules.content import Shelf
from compliance.rules.facts import TemplateFacts
from compliance.rules.versions import current_decisions
from kernel.domain.clock import utc_now


def consult(*, text: str, header: str, samples: Sequence[str] = ()) -> tuple[TemplateFacts | None, Diagnosis]:
    """The sender's approved template that a text resembles most, and what to register instead.

    Args:
        header: of the sender; without one, or with one that has no template, there is no nearest.
    """
    _, decisions = current_decisions(utc_now())
    shelf = decisions.shelf(header, INDIA) if header else None
    if not isinstance(shelf, Shelf):
        # What is approved here but not yet active on the portal is worth comparing with all the same.
        approved = decisions.facts.approved_of(header) if header else []
        shelf = Shelf(approved) if approved else None
    nearest = shelf.nearest(text) if shelf else None
    return nearest, diagnose(text, samples=samples, nearest=nearest.compiled if nearest else None)
