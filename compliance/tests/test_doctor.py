"""The template doctor: what is different, and a template that would take the text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.advice.doctor import diagnose
from compliance.matching import CompiledTemplate

# A busy machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

ORDER = CompiledTemplate.compile("Dear {#var#}, your order {#var#} was shipped. -ACME")


def test_the_first_difference_is_marked_and_the_new_word_kept() -> None:
    found = diagnose("Dear Asha Rao, your parcel 77 was shipped. -ACME", nearest=ORDER)
    assert found.mismatch is not None
    assert (found.before, found.after[:6]) == ("Dear Asha Rao, your ", "parcel")
    assert found.proposed == "Dear {#alphanumeric#}, your parcel {#numeric#} was shipped. -ACME"
    assert found.is_exact


def test_a_text_that_matches_has_no_difference() -> None:
    assert diagnose("Dear A, your order 7 was shipped. -ACME", nearest=ORDER).mismatch is None


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("482913 is your OTP. -ACME", "{#numeric#} is your OTP. -ACME"),
        ("See https://acme.in/o?c=Z9 now", "See {#url#} now"),
        ("Pay Rs 1,200.50 today -ACME", "Pay Rs {#var#} today -ACME"),
        ("Call 18001234567 or mail a@acme.in. -ACME", "Call {#numeric#} or mail {#email#}. -ACME"),
        ("Order AB12CD is here -ACME", "Order {#alphanumeric#} is here -ACME"),
        ("No values here -ACME", "No values here -ACME"),
        ("आपका ऑर्डर 77 तैयार है", "आपका ऑर्डर {#numeric#} तैयार है"),
    ],
)
def test_without_a_template_what_looks_like_a_value_becomes_a_typed_variable(text: str, proposed: str) -> None:
    found = diagnose(text)
    assert (found.proposed, found.is_exact) == (proposed, True)


def test_where_samples_differ_stands_a_variable_of_the_strictest_kind() -> None:
    found = diagnose(
        "Dear Asha, Rs 500 is due on Monday. -ACME",
        samples=["Dear Mohammed Irfan, Rs 1200 is due on Friday. -ACME", "Dear Ravi, Rs 80 is due on Sunday. -ACME"],
    )
    assert found.proposed == "Dear {#alphanumeric#}, Rs {#numeric#} is due on {#alphanumeric#}. -ACME"
    assert found.is_exact


def test_a_line_break_in_what_varies_is_told_as_inexact() -> None:
    assert not diagnose("Hi a\nb bye", samples=["Hi c bye"]).is_exact


def test_a_percent_sign_or_a_strange_tag_does_no_harm() -> None:
    assert diagnose("50% of {#Var#} {#var#}").proposed == "{#numeric#}% of {#Var#} {#var#}"


@CALM
@given(st.text(st.sampled_from("ab 1.,@:/#\n-क"), min_size=1, max_size=40))
def test_a_proposal_from_one_text_that_is_called_exact_takes_it(text: str) -> None:
    for nearest in (None, ORDER):
        found = diagnose(text, nearest=nearest)
        taken = CompiledTemplate.compile(found.proposed).match(text)
        assert (taken is not None) == found.is_exact
