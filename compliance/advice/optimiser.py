"""One adviser for composer, template form, API and review: what a text costs, and what would make it better.

Pure: no database, no clock. The codes and where they come from: docs/rules.md#advice.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from compliance.advice import wording
from compliance.advice.findings import Advice, Better, Finding, Replacement, Severity
from compliance.lint import Hint, lint
from compliance.tags import TAG, Variable, variables_of
from kernel.telecom.alphabet import ACCENTS, foreign_characters, replacement_for, smart_replace
from kernel.telecom.segments import Encoding, Segmentation, limits, normalise_text, segment

# What a variable is taken to hold while nobody has said more, and what counts as hardly into another part.
USUAL_VALUE: Final = 10
_NEARLY: Final = 15
_MANY_PARTS: Final = 4
_NAMED: Final = 3
_REMEDIES: Final = {
    "empty_text": "Write what recipients will read.",
    "text_too_long": "Shorten it.",
    "broken_tag": "Copy a tag from this list letter by letter.",
    "no_fixed_text": "Write the sentence around the values.",
    "little_fixed_text": "Write more of the sentence as fixed text.",
    "many_variables": "Write fixed text where all messages say the same, or keep the reason ready.",
    "no_variable": "Put a variable where messages differ.",
    "adjacent_variables": "Put a word between them.",
    "variable_last": "Move the brand to the end.",
    "variable_untagged": "Name the kind of value in the tag.",
    "double_blank": "Leave one of them.",
    "angle_bracket": "Say it in words.",
    "not_composed": "Paste the text again from a program that composes letters.",
    "optout_text_missing": "Add, for example: STOP to 56767, or a link.",
}


def advise(
    text: str,
    *,
    category: str,
    variables: Sequence[Variable] | None = None,
    price_micros: int | None = None,
    is_template: bool = False,
) -> Advice:
    """Everything worth saying about a text, errors first, then by weight and place.

    Args:
        text: ready, or a body whose tags stand for values not known yet.
        category: `P`, `S`, `T` or `G`.
        variables: of the tags that are in the text, in order; left out, the tags speak for themselves.
        price_micros: of one part.
        is_template: the text is to be registered, so that portals' rules are asked as well.

    Raises:
        TextRefused: `invalid_text`, it holds U+0000 or half of a surrogate pair; `text_too_long`, over 255 parts.
    """
    text = normalise_text(text)
    declared = variables_of(text)
    values = tuple(variables) if variables is not None and len(variables) == len(declared) else declared
    counted = segment(_filled(text, [min(USUAL_VALUE, variable.max) for variable in values]))
    worst = segment(_filled(text, [variable.max for variable in values])) if values else None
    foreign = _foreign(text)
    better = _better(text, values, counted, price_micros, accents=False)
    without = None if better else _better(text, values, counted, price_micros, accents=True)
    findings = [
        *([_of_lint(text, hint) for hint in lint(text, category)] if is_template else ()),
        *_about_encoding(foreign, better, without),
        *_about_length(counted, worst),
        *wording.remarks(text, category, is_template=is_template),
    ]
    order = list(reversed(Severity))
    findings.sort(key=lambda found: (order.index(found.severity), -found.weight, found.span or (0, 0)))
    return Advice(
        text=text,
        encoding=counted.encoding.value,
        units=counted.units,
        parts=len(counted.parts),
        room=_room(counted),
        worst_parts=len(worst.parts) if worst else None,
        price_micros=None if price_micros is None else price_micros * len(counted.parts),
        foreign=foreign,
        better=better,
        without_accents=without,
        spam_score=sum(found.weight for found in findings),
        findings=tuple(findings),
    )


def _filled(text: str, lengths: Sequence[int]) -> str:
    """The text with values of these lengths in the place of its tags."""
    left = iter(lengths)
    return TAG.sub(lambda _: "x" * next(left), text)


def _room(counted: Segmentation) -> int:
    limit = limits()[counted.encoding.value]
    return (limit["single"] if len(counted.parts) == 1 else limit["part8"]) - counted.units_per_part[-1]


def _foreign(text: str) -> tuple[Replacement, ...]:
    places: dict[str, list[int]] = defaultdict(list)
    characters = foreign_characters(text)
    wanted = frozenset(characters)
    for place, char in enumerate(text):
        if char in wanted:
            places[char].append(place)
    return tuple(Replacement(c, tuple(places[c]), replacement_for(c), c in ACCENTS) for c in characters)


def _better(
    text: str, values: Sequence[Variable], counted: Segmentation, price_micros: int | None, *, accents: bool
) -> Better | None:
    replaced, done = smart_replace(text, accents=accents)
    if not done:
        return None
    after = segment(_filled(replaced, [min(USUAL_VALUE, variable.max) for variable in values]))
    saved = len(counted.parts) - len(after.parts)
    money = None if price_micros is None else saved * price_micros
    return Better(replaced, len(replaced), len(after.parts), saved, money, accents)


def _of_lint(text: str, hint: Hint) -> Finding:
    place = None if hint.position is None else (hint.position, min(hint.position + 1, len(text)))
    severity = Severity.ERROR if hint.is_error else Severity.ADVICE
    return Finding(hint.code, severity, hint.sentence, _REMEDIES.get(hint.code, "Correct it before you submit."), place)


def _about_encoding(foreign: Sequence[Replacement], better: Better | None, without: Better | None) -> Iterator[Finding]:
    if better or without:
        for each in foreign:
            yield _replaceable(each)
        return
    letters = [each for each in foreign if _is_script(each.character)]
    if letters:
        name = unicodedata.name(letters[0].character, "another script").split()[0].capitalize()
        sentence = f"Letters in {name} need Unicode: a part holds 70 characters, not 160."
        yield Finding("unicode_language", Severity.INFO, sentence, "Fine where your readers need this language.")
        return
    for each in foreign:
        yield _kept(each)


def _replaceable(each: Replacement) -> Finding:
    remedy = f"Write “{each.by}” instead." if each.by else "Leave it out; nobody sees it."
    if each.is_accent:
        remedy += " It may be a letter of a name."
    sentence = f"{shown(each)} {_at(each)} makes the whole text Unicode: 70 characters a part, not 160."
    return Finding("unicode_character", Severity.WARNING, sentence, remedy, (each.places[0], each.places[0] + 1))


def _kept(each: Replacement) -> Finding:
    sentence = f"{shown(each)} {_at(each)} makes the whole text Unicode: 70 characters a part, not 160."
    remedy = (
        "It is part of a link, or another character keeps the text in Unicode: change these by hand."
        if each.by is not None
        else "Nothing can stand for it; leave it out if you can."
    )
    return Finding("unicode_character", Severity.WARNING, sentence, remedy, (each.places[0], each.places[0] + 1))


def _is_script(character: str) -> bool:
    """A letter or vowel sign of a script that the short alphabet knows nothing of."""
    return unicodedata.category(character)[0] in "LM" and replacement_for(character) is None


def shown(each: Replacement) -> str:
    """The character for people: blanks and invisible ones by their number alone."""
    is_visible = unicodedata.category(each.character)[0] in "LNPS"
    return f"“{each.character}” ({each.code_point})" if is_visible else each.code_point


def _at(each: Replacement) -> str:
    first = ", ".join(str(place + 1) for place in each.places[:_NAMED])
    more = len(each.places) - _NAMED
    return f"at character {first}" + (f" and {more} more" if more > 0 else "")


def _about_length(counted: Segmentation, worst: Segmentation | None) -> Iterator[Finding]:
    parts = len(counted.parts)
    over = _over(counted)
    if 0 < over <= _NEARLY:
        sentence = f"Only {over} character{'s' if over > 1 else ''} too long for {parts - 1} part{_s(parts - 1)}."
        yield Finding("nearly_fewer_parts", Severity.ADVICE, sentence, "Shorten it a little to save a part.")
    if parts >= _MANY_PARTS:
        sentence = f"The text takes {parts} parts, and each is charged."
        yield Finding("many_parts", Severity.ADVICE, sentence, "Shorten it, or put the details behind a link.")
    if worst is not None and len(worst.parts) > parts:
        most = len(worst.parts)
        sentence = f"With the longest values of its variables the text takes {most} parts instead of {parts}."
        if worst.encoding is Encoding.GSM7:
            sentence += " Values in another script take more still."
        remedy = "Shorten the fixed text, or give the variables smaller maximums."
        yield Finding("variable_overflow", Severity.ADVICE, sentence, remedy)


def _over(counted: Segmentation) -> int:
    """Units beyond what one part fewer would hold; 0 for a single part."""
    limit = limits()[counted.encoding.value]
    fewer = len(counted.parts) - 1
    if fewer == 0:
        return 0
    return counted.units - (limit["single"] if fewer == 1 else fewer * limit["part8"])


def _s(number: int) -> str:
    return "" if number == 1 else "s"
