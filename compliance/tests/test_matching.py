"""Template matching: every worked example of the reference, and the properties that hold for all."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.matching import CompiledTemplate, Match, Mismatch
from compliance.tags import Variable, VariableType

# A busy machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OTP = "OTP is {#var#}. -ACME"
HI = "Hi {#var#}, bye"


@dataclass(frozen=True)
class Case:
    number: int
    template: str
    text: str
    values: tuple[str, ...] | None
    warnings: tuple[str, ...] = ()
    difference: str = ""
    code: str = "text"


CASES = [
    Case(1, OTP, "OTP is 4821. -ACME", ("4821",)),
    Case(2, OTP, "otp is 4821. -ACME", None, difference="capitals"),
    Case(3, OTP, "OTP  is 4821. -ACME", None, difference="blanks"),
    Case(4, OTP, "OTP is 4821. -ACME\n", ("4821",)),
    Case(5, OTP, "OTP is 4821 -ACME", None, difference="punctuation"),
    Case(6, OTP, "OTP is . -ACME", ("",), ("variable_empty",)),
    Case(7, HI, "Hi " + "a" * 35 + ", bye", ("a" * 35,), ("variable_over_30",)),
    Case(8, HI, "Hi " + "a" * 41 + ", bye", None, code="variable_too_long"),
    Case(9, "Hi {#var#}{#var#}, bye", "Hi " + "a" * 60 + ", bye", ("a" * 60,)),
    Case(10, "Hi {#var#}. Ok", "Hi A. B. Ok", ("A. B",)),
    Case(11, "Rs {#numeric#} due", "Rs 1,200 due", None, difference="punctuation", code="variable_type"),
    Case(12, "It's {#var#}", "It’s ok", None, difference="quotes"),
    Case(13, "A\nB {#var#}", "A\r\nB x", ("x",)),
    Case(14, "A B {#var#}", "A\u00a0B x", None, difference="spaces"),
    Case(15, "प्रिय {#var#}, आभार", "प्रिय रवि, आभार", ("रवि",)),
    Case(16, "Hi {#var#} bye", "Hi a\nb bye", None, difference="blanks", code="line_break"),
    Case(17, "Hi {#Var#}", "Hi Bob", None),
    Case(18, "Ref {#alphanumeric#} ok", "Ref AB#9 ok", None, difference="punctuation", code="variable_type"),
    Case(19, "Go {#url#} -A", "Go https://evil.io -A", ("https://evil.io",)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.number))
def test_worked_example(case: Case) -> None:
    result = CompiledTemplate.compile(case.template).matches(case.text)
    if case.values is not None:
        assert result == Match(case.values, case.warnings)
    else:
        assert isinstance(result, Mismatch)
        assert (result.code, result.difference) == (case.code, case.difference)


@pytest.mark.parametrize(
    ("template", "text", "position", "expected"),
    [
        (OTP, "OTP us 4821. -ACME", 4, "is "),
        (OTP, "OTP is 4821 -ACME", 11, ". -ACME"),
        (OTP, "OTP is 4821", 11, ". -ACME"),
        ("Hi {#var#}, your bill of {#var#} is due", "Hi Asha, your bull of 3 is due", 15, "ill of "),
        (HI, "Hi " + "a" * 41 + ", bye", 43, "at most 40 characters"),
        ("Rs {#numeric#} due", "Rs 1,200 due", 4, "digits only"),
        ("Hi {#var#} bye", "Hi a\nb bye", 4, "a value on one line"),
        ("No variables.", "No variables. Really.", 13, "the end of the text"),
        ("Hi {#var#}", "Hi", 2, "Hi "),
    ],
)
def test_a_mismatch_names_the_first_differing_place(template: str, text: str, position: int, expected: str) -> None:
    result = CompiledTemplate.compile(template).matches(text)
    assert isinstance(result, Mismatch)
    assert (result.position, result.expected) == (position, expected)


def test_fixed_text_inside_a_value_is_found_when_only_a_later_place_works() -> None:
    # The first ", " makes the second value 45 characters long; the second one leaves both short enough.
    template = CompiledTemplate.compile("A {#var#}, {#var#}!")
    result = template.matches("A one, " + "b" * 25 + ", " + "c" * 18 + "!")
    assert result == Match(("one, " + "b" * 25, "c" * 18))


def test_the_warning_about_length_falls_away_when_some_split_is_short_enough() -> None:
    # Shortest first, the second value would have 35 characters: allowed, but not certain.
    template = CompiledTemplate.compile("A {#var#},{#var#}!")
    assert template.match("A x," + "b" * 20 + "," + "c" * 14 + "!") == Match(("x," + "b" * 20, "c" * 14))
    assert template.match("A x," + "b" * 35 + "!") == Match(("x", "b" * 35), ("variable_over_30",))


def test_types_beside_an_untyped_tag_override_it() -> None:
    template = CompiledTemplate.compile("Rs {#var#} due", [Variable("amount", VariableType.NUMERIC, 10)])
    assert template.match("Rs 1200 due") == Match(("1200",))
    assert template.match("Rs 12OO due") is None


def test_neighbouring_typed_variables_are_told_apart() -> None:
    template = CompiledTemplate.compile("Ref {#numeric#}{#alphanumeric#}.")
    assert template.match("Ref 12AB.") == Match(("1", "2AB"))
    assert template.match("Ref 1.") is None


def test_marks_of_indian_scripts_count_as_letters() -> None:
    template = CompiledTemplate.compile("नाम {#alphanumeric#} है")
    assert template.match("नाम हिंदी कक्षा है") == Match(("हिंदी कक्षा",))


def test_characters_that_one_portal_alone_takes_are_warned_about() -> None:
    template = CompiledTemplate.compile("Ref {#alphanumeric#} ok")
    assert template.match("Ref A/9 ok") == Match(("A/9",), ("variable_special_character",))


@pytest.mark.parametrize(
    ("tag", "good", "bad"),
    [
        ("url", "b.in/o?c=1", "no link"),
        ("urlott", "https://play.example.com/app.apk", "https//x"),
        ("cbn", "+91 22-4567 8900", "22"),
        ("email", "asha@example.co.in", "asha@example"),
        ("numeric", "0042", "-42"),
        ("number", "7", ""),
    ],
)
def test_each_type_takes_its_own_values_only(tag: str, good: str, bad: str) -> None:
    template = CompiledTemplate.compile(f"See {{#{tag}#}} -A")
    assert template.match(f"See {good} -A") == Match((good,))
    assert template.match(f"See {bad} -A") is None
    assert template.check_values([good]) is None
    assert template.check_values([bad]) is not None


def test_percent_signs_of_the_body_survive_rendering() -> None:
    template = CompiledTemplate.compile("50% off for {#var#}, 100%s sure")
    assert template.render(["Asha %s"]) == "50% off for Asha %s, 100%s sure"


@pytest.mark.parametrize(
    ("values", "code", "variable"),
    [
        (["Asha"], "variable_missing", "due"),
        (["Asha", "3", "x"], "variable_invalid", ""),
        (["A" * 41, "3"], "variable_too_long", "name"),
        (["Asha\n", "3"], "variable_invalid", "name"),
        (["Asha\r", "3"], "variable_invalid", "name"),
        (["Asha", ""], "variable_missing", "due"),
        (["Asha", "three"], "variable_invalid", "due"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(values: list[str], code: str, variable: str) -> None:
    body = "Hi {#var#}, {#numeric#} days"
    template = CompiledTemplate.compile(body, [Variable("name"), Variable("due", VariableType.NUMERIC, 30)])
    problem = template.check_values(values)
    assert problem is not None
    assert (problem.code, problem.variable) == (code, variable)
    assert problem.detail
    assert problem.remedy


FIXED = st.text(st.sampled_from("ab ,.%{}\nक"), max_size=6)
TAGS = st.sampled_from(["var", "numeric", "alphanumeric", "url", "cbn", "email"])
VALUES = {
    "var": st.text(st.sampled_from("ab ,.#1क"), max_size=12),
    "numeric": st.text(st.sampled_from("0123456789"), min_size=1, max_size=12),
    "alphanumeric": st.text(st.sampled_from("ab1 कि_/"), min_size=1, max_size=12),
    "url": st.sampled_from(["a.in", "https://a.in/b?c=1", "www.ab.co.in/a,b"]),
    "cbn": st.sampled_from(["1800", "+91 98765 43210", "022-1234"]),
    "email": st.sampled_from(["a@b.in", "a.b@ab.co.in"]),
}


@st.composite
def filled_templates(draw: st.DrawFn) -> tuple[str, list[str], str]:
    """A body that ends in fixed text, values for it, and the text by plain concatenation."""
    tags = draw(st.lists(TAGS, max_size=4))
    body = text = draw(FIXED)
    values = []
    for tag in tags:
        values.append(draw(VALUES[tag]))
        fixed = draw(FIXED)
        body, text = body + f"{{#{tag}#}}" + fixed, text + values[-1] + fixed
    return body + "!", values, text + "!"


@CALM
@given(filled_templates())
def test_what_a_template_renders_it_also_matches(filled: tuple[str, list[str], str]) -> None:
    body, values, text = filled
    template = CompiledTemplate.compile(body)
    assert template.check_values(values) is None
    assert template.render(values) == text
    assert isinstance(template.matches(text), Match)


@CALM
@given(filled_templates(), st.text(st.sampled_from("ab ,.%1\nक"), max_size=30))
def test_a_mismatch_points_into_the_text(filled: tuple[str, list[str], str], text: str) -> None:
    result = CompiledTemplate.compile(filled[0]).matches(text)
    if isinstance(result, Mismatch):
        assert 0 <= result.position <= len(text)
        assert result.hint


@CALM
@given(filled_templates(), st.text(st.sampled_from("ab ,.%1\nक"), max_size=30))
def test_a_match_put_together_again_is_the_text(filled: tuple[str, list[str], str], text: str) -> None:
    template = CompiledTemplate.compile(filled[0])
    result = template.match(text)
    if result is not None:
        parts = [template.literals[0]]
        for value, literal in zip(result.values, template.literals[1:], strict=True):
            parts += [value, literal]
        assert "".join(parts) == text.rstrip(" \n")


def test_a_text_made_to_mislead_takes_no_longer_than_its_length_allows() -> None:
    template = CompiledTemplate.compile("a{#var#}a{#var#}a{#var#}a{#alphanumeric#}a{#url#}a{#email#}b")
    started = time.perf_counter()
    assert template.match("a" * 1999 + "b") is None
    # A backtracking matcher would need 40 to the sixth steps.
    assert time.perf_counter() - started < 1.0
