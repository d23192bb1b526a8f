"""The text comes from an approved template of the sender: rendered from it, or found to match it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from compliance.matching import CompiledTemplate, Match, Mismatch, ValueProblem, normalise_ends
from compliance.rules.contract import Refusal
from compliance.rules.facts import TemplateFacts

# So many characters of a text tell which templates are worth trying.
_KEY: Final = 4
_REMEMBERED: Final = 1_000


def refusal_of_value(problem: ValueProblem) -> Refusal:
    return Refusal(problem.code, problem.detail, problem.remedy)


def refusal_of_mismatch(label: str, mismatch: Mismatch) -> Refusal:
    return Refusal(
        "template_not_matched",
        f"The text departs from the template “{label}” at character {mismatch.position + 1}. {mismatch.hint}",
        f"Write there what the template has: “{mismatch.expected}”."
        if mismatch.code == "text"
        else f"The template takes {mismatch.expected} there.",
    )


def ordered(compiled: CompiledTemplate, variables: Sequence[str] | Mapping[str, str] | None) -> Sequence[str] | Refusal:
    """Values in the order of the tags, from whichever form they came in."""
    if variables is None:
        return ()
    # The exact types first: asking for the protocol costs more than all the rest of a campaign message's way.
    if type(variables) is tuple or type(variables) is list or not isinstance(variables, Mapping):
        return variables
    missing = [variable.name for variable in compiled.variables if variable.name not in variables]
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        return Refusal(
            "variable_missing",
            f"No value was given for {names}.",
            "Give a value for every variable; names are those of the template, capitals count.",
        )
    return [variables[variable.name] for variable in compiled.variables]


@dataclass(frozen=True, slots=True)
class GivenValues:
    """Values as each message brought them: in order, by name, or none at all."""

    rows: Sequence[Sequence[str] | Mapping[str, str] | None]

    def arrange(self, compiled: CompiledTemplate) -> tuple[Sequence[Sequence[str]], Mapping[int, Refusal]]:
        width = len(compiled.variables)
        blank = ("",) * width
        arranged: list[Sequence[str]] = []
        refused: dict[int, Refusal] = {}
        for number, row in enumerate(self.rows):
            values = ordered(compiled, row)
            if isinstance(values, Refusal):
                refused[number] = values
            elif len(values) != width:
                refused[number] = refusal_of_number(compiled, values)
            arranged.append(blank if number in refused else values)  # type: ignore[arg-type]  # not refused: values
        return list(zip(*arranged, strict=True)), refused


def refusal_of_number(compiled: CompiledTemplate, values: Sequence[str]) -> Refusal:
    """Why values of another number than the variables cannot be used."""
    problem = compiled.check_values(values)
    if problem is None:
        raise ValueError("as many values as variables")
    return refusal_of_value(problem)


class _Candidate(NamedTuple):
    first: str
    last: str
    template: TemplateFacts


@dataclass(frozen=True)
class Shelf:
    """The templates a sender may use for one country, at least one, arranged so that few are tried for a text."""

    templates: Sequence[TemplateFacts]
    _by_beginning: dict[str, list[_Candidate]] = field(default_factory=dict)

    def find(self, text: str) -> tuple[TemplateFacts, Match] | None:
        """The match with most fixed text; warns `template_ambiguous` when another template matches as well."""
        text = normalise_ends(text)
        hit: tuple[TemplateFacts, Match] | None = None
        for first, last, template in self._candidates(text[:_KEY]):
            if text.startswith(first) and text.endswith(last):
                match = template.compiled.match_normalised(text)
                if match is not None and hit is not None:
                    return hit[0], Match(hit[1].values, (*hit[1].warnings, "template_ambiguous"))
                if match is not None:
                    hit = template, match
        return hit

    def _candidates(self, beginning: str) -> list[_Candidate]:
        """Templates whose first fixed text allows this beginning, most fixed text first."""
        found = self._by_beginning.get(beginning)
        if found is None:
            found = [
                _Candidate(template.compiled.literals[0], template.compiled.literals[-1], template)
                for template in self.templates
                if _may_begin(template.compiled.literals[0], beginning)
            ]
            # Beginnings come from outside: only those that lead somewhere are worth remembering.
            if found and len(self._by_beginning) < _REMEMBERED:
                self._by_beginning[beginning] = found
        return found

    def nearest(self, text: str) -> TemplateFacts:
        """The template that the writer of a text without match probably meant."""
        return max(self.templates, key=lambda template: _shared(template.compiled, text))


def _may_begin(literal: str, beginning: str) -> bool:
    return literal.startswith(beginning) if len(literal) >= len(beginning) else beginning.startswith(literal)


def _shared(compiled: CompiledTemplate, text: str) -> int:
    """Characters of fixed text that occur in order; a rough likeness for explanations."""
    position, shared = 0, 0
    for literal in compiled.literals:
        words = literal.strip()
        found = text.find(words, position) if words else -1
        if found >= 0:
            position, shared = found + len(words), shared + len(words)
    return shared
