"""Where in an answer, or in what an aggregator calls back with, a value stands.

`messages.0.id` is a way through JSON or the name of a form's field, `header X-Id` a header, `text` the whole text,
`text OK: {}` a piece of it, `reference` our own reference. A piece is found by one scan: the cost is bounded by the
length of the text, whatever it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

LONGEST_TEXT: Final = 4_096
LONGEST_VALUE: Final = 256
# Of a message id; answers and receipts are cut alike.
LONGEST_ID: Final = 64
_GAP: Final = "{}"
_PIECE: Final = rf"([\w.:@/+=-]{{1,{LONGEST_VALUE}}})"
_HEADER: Final = re.compile(r"header\s+([A-Za-z0-9-]{1,100})")
_PATH: Final = re.compile(r"[^\s.]{1,100}(?:\.[^\s.]{1,100}){0,15}")
_REFERENCE: Final = "reference"


class PlaceProblem(ValueError):
    """A place that cannot be read."""


@dataclass(frozen=True)
class Told:
    """What came from the aggregator, for one message.

    Args:
        headers: names in lower case.
        document: given where it is a piece of a larger one, or comes from a form.
    """

    headers: Mapping[str, str]
    text: str
    reference: str = ""
    given: Any = field(default=None, repr=False)

    @cached_property
    def document(self) -> Any:
        """The JSON document, numbers as they were written; None where it is none."""
        if self.given is not None:
            return self.given
        try:
            return json.loads(self.text, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            return None


@dataclass(frozen=True, slots=True)
class Place:
    """`kind` is path, header, text, piece or reference."""

    kind: str
    steps: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None

    def find(self, told: Told) -> str | None:
        """The value, cut to a sensible length; None where nothing stands there."""
        if self.kind == "path":
            return _text_of(self.follow(told.document))
        if self.kind == "header":
            return told.headers.get(self.steps[0])
        if self.kind == _REFERENCE:
            return told.reference or None
        text = told.text[:LONGEST_TEXT]
        if self.pattern is None:
            return text.strip()[:LONGEST_VALUE] or None
        found = self.pattern.search(text)
        return found[1] if found else None

    def follow(self, node: Any) -> Any:
        """What stands at the end of a way through a document; None where it leads nowhere."""
        for step in self.steps:
            if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            elif isinstance(node, dict):
                node = node.get(step)
            else:
                return None
        return node


def read_place(text: str) -> Place | None:
    """The place that is written; None for an empty one.

    Raises:
        PlaceProblem: it cannot be understood.
    """
    written = text.strip()
    if not written:
        return None
    if written == _REFERENCE:
        return Place(_REFERENCE)
    if written == "text":
        return Place("text")
    if written.startswith("text "):
        return Place("piece", pattern=_piece(written.removeprefix("text ").strip()))
    if found := _HEADER.fullmatch(written):
        return Place("header", (found[1].lower(),))
    if _PATH.fullmatch(written):
        return Place("path", tuple(written.split(".")))
    raise PlaceProblem(
        f"“{written[:40]}” is no place: write a way like messages.0.id, “header X-Id”, “text” or “text OK: {{}}”"
    )


def read_path(text: str) -> Place | None:
    """As read_place, for a list: a way through JSON only.

    Raises:
        PlaceProblem: it is no way.
    """
    place = read_place(text)
    if place is not None and place.kind != "path":
        raise PlaceProblem(f"“{text.strip()[:40]}” is no way through JSON: write one like messages or result.items")
    return place


def _piece(written: str) -> re.Pattern[str]:
    before, gap, after = written.partition(_GAP)
    if not gap or _GAP in after or not (before.strip() or after.strip()):
        raise PlaceProblem(f"“text {written[:40]}” needs one {{}} for the value, and words before or behind it")
    return re.compile(_loosely(before) + _PIECE + _loosely(after))


def _loosely(words: str) -> str:
    """Words as they stand, with any blanks (eight at most) where there are some."""
    return r"\s{0,8}".join(re.escape(word) for word in re.split(r"\s+", words))


def _text_of(value: Any) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)[:LONGEST_VALUE]
