"""The style page shows every component; a component nobody can look at there is not finished."""

from __future__ import annotations

import re
from pathlib import Path

from kernel.web.styleguide import outcome_terms

TEMPLATES = Path(__file__).resolve().parents[4] / "templates"
# Parts of the frame, which the page stands in, and of the entrance.
FRAME = {"stamp", "postmark", "theme_switch", "account_menu", "toasts", "confirm_dialog", "sparkline"}


def test_every_component_is_on_the_style_page() -> None:
    shown = set(re.findall(r'"components/(\w+)\.html"', (TEMPLATES / "styleguide.html").read_text()))
    assert {path.stem for path in (TEMPLATES / "components").glob("*.html")} - shown - FRAME == set()


def test_the_terms_of_the_sample_bar_fill_it_exactly() -> None:
    terms = outcome_terms()
    assert sum(term["count"] for term in terms) == 412_350
    assert abs(terms[-1]["x"] + terms[-1]["width"] - 100) < 1e-9
