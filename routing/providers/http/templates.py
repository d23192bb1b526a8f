"""What is sent: texts with placeholders, filled for one message.

`{name}` is replaced by a value, `{{` and `}}` are braces, `{unicode?8|0}` is the first word where the value is neither
empty nor 0, else the second. In JSON, a string that is one placeholder and `:number` or `:bool` becomes a number or a
truth value; a field whose placeholders are all empty is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

OF_ROUTE: Final = frozenset({"username", "password", "callback_url"})
OF_STRIDE: Final = frozenset({"from"})
OF_MESSAGE: Final = frozenset(
    {"to", "to_digits", "text", "reference", "dlt_entity_id", "dlt_template_id", "dlt_chain", "unicode", "parts",
     "validity_minutes"}
)  # fmt: skip
EVERY: Final = OF_ROUTE | OF_STRIDE | OF_MESSAGE
MESSAGES: Final = "messages"
_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([a-z_]+)(?::(number|bool)|\?([^{}|]*)\|([^{}|]*))?\}|[{}]")
_LEFT_OUT: Final = object()
Values = Mapping[str, str]


class TemplateProblem(ValueError):
    """A template that cannot be filled; its text names the placeholder."""


class TemplateProblems(TemplateProblem):
    """Several templates that cannot be filled: form field → what is wrong with it."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("; ".join(by_field.values()))
        self.by_field = by_field


class Template:
    """A text with placeholders.

    Args:
        allowed: names that may stand in it.
        casts: whether `:number` and `:bool` may.

    Raises:
        TemplateProblem: a placeholder is unknown or misplaced, or a brace stands alone.
    """

    def __init__(self, source: str, allowed: frozenset[str], *, casts: bool = False) -> None:
        self.names: set[str] = set()
        self.cast = ""
        self._pieces: list[str | tuple[str, str, str, bool]] = []
        at = 0
        for found in _TOKEN.finditer(source):
            self._pieces.append(source[at : found.start()])
            at = found.end()
            self._add(found, allowed)
            if found[2]:
                if not casts or found[0] != source:
                    raise TemplateProblem(f"{found[0]} may only be a whole string of JSON")
                self.cast = found[2]
        self._pieces.append(source[at:])

    def _add(self, found: re.Match[str], allowed: frozenset[str]) -> None:
        name = found[1]
        if name is None:
            if found[0] in "{}":
                raise TemplateProblem(f"a single {found[0]} stands alone: write {found[0] * 2} for the character")
            self._pieces.append(found[0][0])
            return
        if name not in allowed:
            raise TemplateProblem(f"{{{name}}} is no placeholder here: there are {_listed(allowed)}")
        self.names.add(name)
        self._pieces.append((name, found[3] or "", found[4] or "", found[3] is not None))

    def fill(self, values: Values, escape: Callable[[str], str] = str) -> str:
        """The text with its values, each passed through `escape`."""
        return "".join([piece if isinstance(piece, str) else escape(_value(piece, values)) for piece in self._pieces])

    def is_empty(self, values: Values) -> bool:
        """There are placeholders, and none has a value."""
        return bool(self.names) and not any(values[name] for name in self.names)


def _value(piece: tuple[str, str, str, bool], values: Values) -> str:
    name, yes, no, is_choice = piece
    value = values[name]
    return value if not is_choice else (yes if value not in ("", "0") else no)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "none"


def lines_of(text: str) -> list[tuple[int, str]]:
    """Number and content of the lines that say something; what begins with # is a remark."""
    return [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


class Fields:
    """`name = template`, one a line: the fields of a form or a query, in their order.

    Raises:
        TemplateProblem: the first line that is wrong, by its number.
    """

    def __init__(self, source: str, allowed: frozenset[str], separator: str = "=") -> None:
        self.fields: list[tuple[str, Template]] = []
        for number, line in lines_of(source):
            name, sign, template = line.partition(separator)
            if not sign or not name.strip():
                raise TemplateProblem(f"line {number}: write it like “name {separator} value”, not “{line[:40]}”")
            try:
                self.fields.append((name.strip(), Template(template.strip(), allowed)))
            except TemplateProblem as problem:
                raise TemplateProblem(f"line {number}: {problem}") from problem

    @property
    def names(self) -> set[str]:
        return {name for _, template in self.fields for name in template.names}

    def fill(self, values: Values) -> list[tuple[str, str]]:
        return [(name, template.fill(values)) for name, template in self.fields if not template.is_empty(values)]


class Document:
    """A JSON document with placeholders in its strings; keys stay as they are.

    Raises:
        TemplateProblem: it is no JSON, or a placeholder is wrong; the text says where.
    """

    def __init__(self, source: str, allowed: frozenset[str]) -> None:
        self.names: set[str] = set()
        try:
            parsed = json.loads(source)
        except (ValueError, RecursionError) as problem:
            raise TemplateProblem(f"this is no JSON: {problem}") from problem
        self._root = self._compile(parsed, allowed, "")

    def _compile(self, node: Any, allowed: frozenset[str], where: str) -> Any:
        if isinstance(node, dict):
            return {key: self._compile(value, allowed, f"{where}.{key}") for key, value in node.items()}
        if isinstance(node, list):
            return [self._compile(value, allowed, f"{where}.{number}") for number, value in enumerate(node)]
        if not isinstance(node, str):
            return node
        try:
            template = Template(node, allowed, casts=True)
        except TemplateProblem as problem:
            raise TemplateProblem(f"{where.lstrip('.') or 'the document'}: {problem}") from problem
        self.names |= template.names
        return template

    def fill(self, values: Values, messages: Sequence[Any] = ()) -> Any:
        """The document, with `messages` where the string `{messages}` stands."""
        return _fill(self._root, values, messages)


def _fill(node: Any, values: Values, messages: Sequence[Any]) -> Any:
    if isinstance(node, dict):
        filled = {key: _fill(value, values, messages) for key, value in node.items()}
        return {key: value for key, value in filled.items() if value is not _LEFT_OUT}
    if isinstance(node, list):
        return [value for value in [_fill(each, values, messages) for each in node] if value is not _LEFT_OUT]
    if not isinstance(node, Template):
        return node
    if node.names == {MESSAGES}:
        return list(messages)
    if node.is_empty(values):
        return _LEFT_OUT
    text = node.fill(values)
    if node.cast == "number":
        return int(text)
    return text not in ("", "0", "false") if node.cast == "bool" else text


def in_url(value: str) -> str:
    """A value as part of an address."""
    return quote(value, safe="")
