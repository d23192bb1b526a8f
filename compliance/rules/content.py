"""The text comes from an approved template of the sender: rendered from it, or found to match it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from compliance.matching import CompiledTemplate, Match, Mismatch, ValueProblem, normalise_ends
from compliance.rules.contract import Refusal
from compliance.rules.facts import TemplateFacts
from compliance.rules.likeness import LikenessIndex
from compliance.rules.literals import LiteralIndex


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


@dataclass(frozen=True)
class Shelf:
    """The approved templates of a sender for one country, at least one, those with most fixed text first.

    Its indexes are made when a text first asks for them, and kept as long as the tenant's facts stand.

    Args:
        templates: those that nothing but a text speaks against.
        hindered: those that a rule refuses whatever the text; searched when none of the others matches, so that a text
            is refused with what has to be mended.
    """

    templates: Sequence[TemplateFacts]
    hindered: Sequence[TemplateFacts] = ()

    @cached_property
    def _index(self) -> LiteralIndex:
        return LiteralIndex([template.compiled for template in self.templates])

    @cached_property
    def _hindered_index(self) -> LiteralIndex:
        return LiteralIndex([template.compiled for template in self.hindered])

    @cached_property
    def _likeness(self) -> LikenessIndex:
        return LikenessIndex([template.compiled for template in (*self.templates, *self.hindered)])

    def find(self, text: str) -> tuple[TemplateFacts, Match] | None:
        """The match with most fixed text; warns `template_ambiguous` when another template matches as well."""
        text = normalise_ends(text)
        hit = self._first(text, self.templates, self._index) if self.templates else None
        return hit or (self._first(text, self.hindered, self._hindered_index) if self.hindered else None)

    @staticmethod
    def _first(
        text: str, templates: Sequence[TemplateFacts], index: LiteralIndex
    ) -> tuple[TemplateFacts, Match] | None:
        hit: tuple[TemplateFacts, Match] | None = None
        for number in index.candidates(text):
            template = templates[number]
            match = template.compiled.match_normalised(text)
            if match is not None and hit is not None:
                return hit[0], Match(hit[1].values, (*hit[1].warnings, "template_ambiguous"))
            if match is not None:
                hit = template, match
        return hit

    def nearest(self, text: str) -> TemplateFacts:
        """The template that the writer of a text without match probably meant."""
        return (*self.templates, *self.hindered)[self._likeness.nearest(text)]
