"""Templates obey the content security policy: nothing inline, because the browser would drop it without a word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES: Final = sorted(ROOT.glob("templates/**/*.html")) + sorted(ROOT.glob("*/templates/**/*.html"))
MAX_LINES: Final = 120

COMMENT: Final = re.compile(r"{%\s*comment.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
TEMPLATE_TAG: Final = re.compile(r"{%.*?%}", re.DOTALL)
FORBIDDEN: Final = {
    "a style attribute": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script without src": re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "hx-on, which needs eval": re.compile(r"\bhx-on\b", re.IGNORECASE),
    "a js: expression, which needs eval": re.compile(r"[\"']\s*(?:js|javascript):", re.IGNORECASE),
    "a filter in hx-trigger, ignored without eval: the request would always go": re.compile(
        r"hx-trigger\s*=\s*(?:\"[^\"]*\[|'[^']*\[)", re.IGNORECASE
    ),
}


def markup(text: str) -> str:
    """What reaches the browser: without comments and template tags, whose arguments are no attributes."""
    return TEMPLATE_TAG.sub("", COMMENT.sub("", text))


def faults(text: str) -> list[str]:
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(markup(text))]


def test_no_template_holds_anything_the_policy_blocks() -> None:
    found = {str(path.relative_to(ROOT)): faults(path.read_text()) for path in TEMPLATES}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_no_template_is_longer_than_a_reader_can_hold() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in TEMPLATES}
    # The style page is a catalogue, one section after the other.
    assert {n: c for n, c in lengths.items() if c > MAX_LINES and not n.startswith("templates/styleguide")} == {}


def test_every_component_opens_by_listing_its_variables() -> None:
    components = sorted((ROOT / "templates/components").glob("*.html"))
    assert components
    assert [path.name for path in components if not path.read_text().startswith("{% comment %}")] == []


def test_every_included_component_gets_only_what_it_asks_for() -> None:
    pattern = re.compile(r"{%\s*include\s+\"components/[^%]*%}", re.DOTALL)
    calls = [(path, call) for path in TEMPLATES for call in pattern.findall(path.read_text())]
    assert [f"{path.name}: {call}" for path, call in calls if not re.search(r"\bonly\s*%}$", call)] == []


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static/icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r"{%\s*icon\s+\"([^\"]*)\"", path.read_text())}
    assert named - drawn == set()


@pytest.mark.parametrize(
    "markup_with_fault",
    [
        '<p class="x" style="color:red">',
        '<button type="button" onclick="go()">',
        "<style>p{}</style>",
        "<script>go()</script>",
        '<div hx-on:click="go()">',
        "<div hx-vals='js:{a: 1}'>",
        '<div hx-trigger="every 2s [visible]">',
    ],
)
def test_the_lint_sees_each_kind_of_fault(markup_with_fault: str) -> None:
    assert faults(markup_with_fault) != []


def test_the_lint_lets_template_tags_and_outside_scripts_pass() -> None:
    fine = '{% include "x" with style="wide" onset=1 only %}<script src="{% static "a.js" %}" defer></script>'
    assert faults(fine) == []
