"""How a template reads when it is filled: with likely values, and with the longest it allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from compliance.models import Template
from compliance.tags import Variable, VariableType
from kernel.telecom.segments import Encoding, count_segments, normalise_text

_LIKELY: Final[Mapping[VariableType, str]] = {
    VariableType.VAR: "Asha Rao",
    VariableType.NUMERIC: "48213",
    VariableType.ALPHANUMERIC: "A 1042",
    VariableType.URL: "https://example.com/o/1042",
    VariableType.URLOTT: "https://example.com/app",
    VariableType.CBN: "1800 123 456",
    VariableType.EMAIL: "care@example.com",
}
# By what its name says, where an untyped variable has one.
_BY_NAME: Final[tuple[tuple[str, str], ...]] = (
    ("otp", "482913"),
    ("code", "482913"),
    ("amount", "1,250.00"),
    ("price", "1,250.00"),
    ("date", "25 Nov 2026"),
    ("time", "4 pm"),
    ("order", "A-1042"),
    ("account", "XX4821"),
    ("city", "Mumbai"),
)
_LONGEST: Final[Mapping[VariableType, tuple[str, str]]] = {  # how it begins, and with what it is filled up
    VariableType.VAR: ("", "W"),
    VariableType.NUMERIC: ("", "8"),
    VariableType.ALPHANUMERIC: ("", "W"),
    VariableType.URL: ("https://example.com/", "w"),
    VariableType.URLOTT: ("https://example.com/", "w"),
    VariableType.CBN: ("+91", "8"),
    VariableType.EMAIL: ("w@example.com", "m"),
}
_DEVANAGARI: Final = "\N{DEVANAGARI LETTER KA}"
_OPEN: Final = frozenset((VariableType.VAR, VariableType.ALPHANUMERIC))


@dataclass(frozen=True, slots=True)
class Sample:
    """A filled text; `parts` is what one message of it costs."""

    label: str
    text: str
    encoding: Encoding
    characters: int
    parts: int

    @property
    def encoding_label(self) -> str:
        return "GSM-7" if self.encoding is Encoding.GSM7 else "Unicode"


def samples(template: Template) -> list[Sample]:
    """Likely values, the longest ones, and the longest in an Indian script where a variable takes any letter."""
    variables = template.compiled.variables
    likely = _sample("Likely values", template, (_likely(each) for each in variables))
    if not variables:
        return [likely]
    found = [likely, _sample("Longest values", template, (_longest(each) for each in variables))]
    if found[1].encoding is Encoding.GSM7 and any(each.type in _OPEN for each in variables):
        values = (_DEVANAGARI * each.max if each.type in _OPEN else _longest(each) for each in variables)
        found.append(_sample("Longest in an Indian script", template, values))
    return found


def _sample(label: str, template: Template, values: Iterable[str]) -> Sample:
    text = normalise_text(template.compiled.render(list(values)))
    encoding, parts = count_segments(text)
    return Sample(label, text, encoding, len(text), parts)


def _likely(variable: Variable) -> str:
    name = variable.name.lower()
    by_name = next((value for word, value in _BY_NAME if word in name), None)
    value = by_name if by_name and variable.type is VariableType.VAR else _LIKELY[variable.type]
    return value[: variable.max]


def _longest(variable: Variable) -> str:
    head, filling = _LONGEST[variable.type]
    return (head + filling * variable.max)[: variable.max]
