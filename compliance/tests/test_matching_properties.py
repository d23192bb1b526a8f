"""What holds for every template and text, judged by a reference that shares no code with the matcher."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from compliance.matching import CompiledTemplate, Match
from compliance.rules.content import Shelf
from compliance.rules.facts import TemplateFacts
from compliance.tags import variables_of
from compliance.tests.reference import allows, pairs, split_of

# A busy machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SEEDS = range(20)
FIXED = st.text(st.sampled_from("ab ,.%{}\nक"), max_size=5)
TAGS = st.sampled_from(["var", "numeric", "alphanumeric", "url", "cbn", "email"])
TEXTS = st.text(st.sampled_from("ab ,.%@1\nक"), max_size=25)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    tags = draw(st.lists(TAGS, max_size=4))
    return draw(FIXED) + "".join(f"{{#{tag}#}}{draw(FIXED)}" for tag in tags) + "!"


def slots_of(template: CompiledTemplate, values: list[str]) -> tuple[str, ...]:
    """Values per variable as values per slot."""
    return tuple("".join(values[slot.first : slot.first + slot.count]) for slot in template.slots)


@pytest.mark.parametrize("seed", SEEDS)
def test_matcher_and_reference_agree_on_five_thousand_pairs_of_every_seed(seed: int) -> None:
    matched = 0
    for body, variables, texts in pairs(seed, 100_000 // len(SEEDS)):
        template = CompiledTemplate.compile(body, variables)
        for text in texts:
            match, split = template.match(text), split_of(body, variables, text)
            assert (match is None) == (split is None), (body, variables, text, match, split)
            matched += match is not None
    # Most random pairs say nothing; these were made to match often enough.
    assert matched > 800


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_of_several_splits_matcher_and_reference_choose_the_same(seed: int) -> None:
    for body, variables, texts in pairs(seed, 5_000):
        template = CompiledTemplate.compile(body, variables)
        for text in texts:
            match, split = template.match(text), split_of(body, variables, text)
            if match is not None and split is not None and "variable_over_30" not in match.warnings:
                assert match.values == slots_of(template, split)


@CALM
@given(bodies(), TEXTS)
def test_a_matched_text_is_fixed_text_and_legal_values(body: str, text: str) -> None:
    template = CompiledTemplate.compile(body)
    split = split_of(body, variables_of(body), text)
    match = template.match(text)
    assert (match is None) == (split is None)
    if match is not None and split is not None:
        assert all(allows(variable, value) for variable, value in zip(template.variables, split, strict=True))
        assert template.render(split) == text.rstrip(" \n\t")


@CALM
@given(bodies(), st.data())
def test_a_changed_fixed_character_matches_only_by_another_legal_split(body: str, data: st.DataObject) -> None:
    template = CompiledTemplate.compile(body)
    samples = {"var": "b a", "numeric": "12", "alphanumeric": "ab", "url": "a.in/b", "cbn": "1800", "email": "a@b.in"}
    values = [samples[variable.type.value] for variable in template.variables]
    pieces = list(template.pieces)
    number = data.draw(st.sampled_from([n for n, piece in enumerate(pieces) if piece]))
    place = data.draw(st.integers(0, len(pieces[number]) - 1))
    other = data.draw(st.sampled_from("xaक. 1\u00a0’"))
    assume(other != pieces[number][place])
    pieces[number] = pieces[number][:place] + other + pieces[number][place + 1 :]
    text = pieces[0] + "".join(value + piece for value, piece in zip(values, pieces[1:], strict=True))
    assert (template.match(text) is None) == (split_of(body, template.variables, text) is None)


@CALM
@given(st.text("abcdef ,", min_size=1, max_size=12), st.data())
def test_a_changed_fixed_character_never_matches_where_no_value_could_hold_it(fixed: str, data: st.DataObject) -> None:
    template = CompiledTemplate.compile(f"{fixed}{{#numeric#}}{fixed}{{#numeric#}}{fixed}.")
    place = data.draw(st.integers(0, len(fixed) - 1))
    other = data.draw(st.characters(exclude_characters="0123456789"))
    assume(other != fixed[place])
    spoilt = fixed[:place] + other + fixed[place + 1 :]
    for pieces in ((spoilt, fixed, fixed), (fixed, spoilt, fixed), (fixed, fixed, spoilt)):
        assert template.match(f"{pieces[0]}12{pieces[1]}7{pieces[2]}.") is None


def shelf_of(texts: list[str]) -> Shelf:
    facts = [
        TemplateFacts(UUID(int=n), f"T{n}", body, "S", False, "approved", "ACMEIN", variables_of(body), {})
        for n, body in enumerate(texts)
    ]
    return Shelf(sorted(facts, key=lambda each: (-each.compiled.fixed, each.id)))


def found_one_by_one(shelf: Shelf, text: str) -> tuple[UUID, Match] | None:
    hits = [(each.id, match) for each in shelf.templates if (match := each.compiled.match(text)) is not None]
    if len(hits) > 1:
        return hits[0][0], Match(hits[0][1].values, (*hits[0][1].warnings, "template_ambiguous"))
    return hits[0] if hits else None


@settings(CALM, max_examples=200)
@given(st.lists(bodies(), min_size=1, max_size=25), st.data())
def test_the_index_finds_what_trying_every_template_finds(texts: list[str], data: st.DataObject) -> None:
    shelf = shelf_of(texts)
    chosen = data.draw(st.sampled_from(shelf.templates)).compiled
    rendered = chosen.render([data.draw(st.sampled_from(["ab", "12", "a.in/b", "1800"])) for _ in chosen.variables])
    for text in (rendered, data.draw(TEXTS) + "!", rendered[1:]):
        hit = shelf.find(text)
        assert (hit and (hit[0].id, hit[1])) == found_one_by_one(shelf, text)


def test_the_index_agrees_with_trying_every_template_on_large_families() -> None:
    families = [body for seed in range(3) for body, _, _ in pairs(seed, 4_000) if body.strip()]
    shelf = shelf_of([f"Hi {body}" for body in families])
    for _, _, texts in pairs(9, 2_000):
        for text in texts:
            hit = shelf.find(f"Hi {text}")
            assert (hit and (hit[0].id, hit[1])) == found_one_by_one(shelf, f"Hi {text}")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Dear Asha, you order 77 was shipped. -ACME", "T0"),
        ("dear Asha, your parcel 77 was shipped -ACME", "T1"),
        ("482913 is your OTP for login. Never share it", "T2"),
        ("प्रिय रवि आपका ऑर्डर 7 रास्ते में है", "T3"),
        ("", "T2"),
    ],
)
def test_the_nearest_template_is_the_one_that_was_meant(text: str, label: str) -> None:
    shelf = shelf_of(
        [
            "Dear {#var#}, your order {#var#} was shipped. -ACME",
            "Dear {#var#}, your parcel {#var#} was shipped. -ACME",
            "{#numeric#} is your OTP for login. Do not share it with anyone. -ACME",
            "प्रिय {#var#}, आपका ऑर्डर {#var#} रास्ते में है। -ACME",
        ]
    )
    assert shelf.nearest(text).label == label
