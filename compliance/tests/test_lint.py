from __future__ import annotations

import pytest

from compliance.lint import lint
from compliance.statuses import Category

GOOD = "Dear {#alphanumeric#}, your order {#numeric#} is on its way. -ACME"


def codes(body: str, category: str = Category.SERVICE) -> set[str]:
    return {hint.code for hint in lint(body, category)}


def test_a_good_body_has_no_remarks() -> None:
    assert lint(GOOD, Category.SERVICE) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty_text"),
        (" \n", "empty_text"),
        ("x" * 2001, "text_too_long"),
        ("Hi {#Var#}, bye", "broken_tag"),
        ("Hi {# var #}, bye", "broken_tag"),
        ("{#var#} {#numeric#}", "no_fixed_text"),
    ],
)
def test_what_no_portal_takes_is_an_error(body: str, code: str) -> None:
    assert code in {hint.code for hint in lint(body, Category.SERVICE) if hint.is_error}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("A {#numeric#} b {#numeric#} c {#numeric#} d {#numeric#} e", "many_variables"),
        ("Hello, this is fixed. -ACME", "no_variable"),
        ("Hi {#var#} ok", "little_fixed_text"),
        ("Your order of things {#numeric#}{#numeric#} is on its way today. -ACME", "adjacent_variables"),
        ("Your order is on its way with number {#numeric#}", "variable_last"),
        ("Dear {#var#}, your order is on its way today. -ACME", "variable_untagged"),
        ("Your  order {#numeric#} is on its way. -ACME", "double_blank"),
        ("Your order <{#numeric#}> is on its way. -ACME", "angle_bracket"),
        ("Cafe\u0301 order {#numeric#} is on its way. -ACME", "not_composed"),
    ],
)
def test_advice(body: str, code: str) -> None:
    assert code in codes(body)
    assert not any(hint.is_error for hint in lint(body, Category.SERVICE))


def test_a_promotion_needs_a_way_out() -> None:
    assert "optout_text_missing" in codes("Big sale for {#alphanumeric#} at our shops. -ACME", Category.PROMOTIONAL)
    assert "optout_text_missing" not in codes("Sale for {#alphanumeric#}. STOP to 56767 -ACME", Category.PROMOTIONAL)


def test_errors_come_first_and_point_to_their_place() -> None:
    first = lint("Two  blanks and {#Var#} here", Category.SERVICE)[0]
    assert (first.code, first.position, first.is_error) == ("broken_tag", 16, True)
