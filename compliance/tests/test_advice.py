"""The optimiser: costs, characters, words and categories, each with a place and a remedy."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.advice import Finding, Severity, advise
from compliance.advice.spam_words import hits, spam_words
from compliance.advice.wording import CATEGORY_NAMES
from compliance.statuses import Category
from compliance.tags import Variable, VariableType
from kernel.telecom.alphabet import is_gsm
from kernel.telecom.segments import TextRefused, count_segments

# A busy machine is no finding.
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PLAIN: Final = "Your order 7 has been packed and arrives on Monday. -ACME"


def found(text: str, code: str, category: str = Category.SERVICE) -> list[Finding]:
    return [finding for finding in advise(text, category=category).findings if finding.code == code]


def spoken(text: str, code: str, category: str = Category.SERVICE) -> list[str]:
    return [text[slice(*finding.span)] for finding in found(text, code, category) if finding.span]


def test_there_is_nothing_to_say_about_a_plain_text() -> None:
    advice = advise(PLAIN, category=Category.SERVICE, price_micros=120_000)
    assert (advice.findings, advice.parts, advice.encoding, advice.price_micros) == ((), 1, "gsm7", 120_000)


def test_a_dash_that_costs_two_parts_is_named_with_its_place_and_what_is_saved() -> None:
    advice = advise("a" * 159 + "—", category=Category.SERVICE, price_micros=120_000)
    assert (advice.encoding, advice.parts, advice.foreign[0].places) == ("ucs2", 3, (159,))
    assert advice.better is not None
    better = advice.better
    assert (better.text, better.parts, better.saved_parts, better.saved_micros) == ("a" * 159 + "-", 1, 2, 240_000)
    assert advice.findings[0].remedy == "Write “-” instead."


def test_every_place_of_a_character_is_told() -> None:
    advice = advise("“Hi” – it’s “you”", category=Category.SERVICE)
    assert [(each.character, each.places) for each in advice.foreign[:2]] == [("“", (0, 12)), ("”", (3, 16))]


def test_nothing_is_replaced_inside_a_link() -> None:
    advice = advise("See https://a.in/x–y – now", category=Category.SERVICE)
    assert advice.better is None
    assert "part of a link" in advice.findings[0].remedy


def test_accents_are_changed_only_by_the_separate_choice() -> None:
    advice = advise("Dear José, hello", category=Category.SERVICE)
    assert advice.better is None or "José" in advice.better.text
    accented = advise("Dear Gonçalo, hello", category=Category.SERVICE)
    assert accented.better is None
    assert accented.without_accents is not None
    assert (accented.without_accents.text, accented.without_accents.changes_names) == ("Dear Goncalo, hello", True)


def test_a_text_in_another_script_keeps_its_quotes() -> None:
    advice = advise("प्रिय “रवि”, आभार", category=Category.SERVICE)
    assert [finding.code for finding in advice.findings] == ["unicode_language"]
    assert advice.better is None


def test_a_picture_has_no_replacement() -> None:
    assert "leave it out" in found("Hello 😀", "unicode_character")[0].remedy


@CALM
@given(st.text(st.sampled_from("ab é–“”₹ç😀अ./"), max_size=40))
def test_what_is_offered_instead_fits_the_short_alphabet(text: str) -> None:
    advice = advise(text, category=Category.SERVICE)
    for better in (advice.better, advice.without_accents):
        assert better is None or (is_gsm(better.text) and better.parts == count_segments(better.text)[1])


@pytest.mark.parametrize(
    ("text", "phrase", "category"),
    [
        ("Congratulations, YOU  HAVE won a car", "YOU  HAVE won", "prizes and lotteries"),
        ("Buy today!!!!", "!!!", "shouting"),
        ("आपको मुफ़्त मिलेगा", "मुफ़्त", "easy money"),
        ("बधाई, लॉटरी लगी", "लॉटरी", "prizes and lotteries"),
        ("Update your KYC today", "Update your KYC", "phishing"),
        ("aaj aap jeet gaye", "aap jeet gaye", "prizes and lotteries"),
    ],
)
def test_words_that_filters_distrust_are_found_and_explained(text: str, phrase: str, category: str) -> None:
    (finding,) = found(text, "spam_words")
    assert finding.span is not None
    assert text[slice(*finding.span)] == phrase
    assert category in finding.sentence
    assert finding.weight > 0


@pytest.mark.parametrize(
    "text", ["Welcome to Sussex", "Winners’ club", "Never share your OTP with anyone", "इनामदार जी"]
)
def test_parts_of_other_words_and_warnings_are_no_spam(text: str) -> None:
    assert found(text, "spam_words") == []


def test_the_longest_phrase_counts_and_each_but_once() -> None:
    assert [hit.word.phrase for hit in hits("bilkul free, bilkul free, lottery")] == ["bilkul free", "lottery"]
    assert advise("lottery lottery", category=Category.SERVICE).spam_score == 5


def test_the_list_is_sound() -> None:
    for word in spam_words().values():
        assert word.category in CATEGORY_NAMES
        assert word.language in {"en", "hi", "hi-Latn"}
        assert 1 <= word.weight <= 5
        assert word.suggestion


@pytest.mark.parametrize(
    ("text", "code", "places"),
    [
        ("Get it f r e e today", "disguised_word", ["f r e e"]),
        ("Get it fr33 today", "disguised_word", ["fr33"]),
        ("Hellooooo there", "repeated_character", ["ooooo"]),
        ("See bit.ly/3xYz for more", "public_shortener", ["bit.ly"]),
        ("See https://TinyURL.com/abc", "public_shortener", ["TinyURL.com"]),
        ("Card XX1111 of A/c XXXX4821 used at 0000", "repeated_character", []),
        ("See https://bit.ly.acme.in/x", "public_shortener", []),
        ("Order A1 of 5 is in", "disguised_word", []),
    ],
)
def test_disguises_repetition_and_shorteners(text: str, code: str, places: list[str]) -> None:
    assert spoken(text, code) == places


def test_capitals_are_shouting_from_twenty_letters_on() -> None:
    assert found("YOUR ORDER HAS BEEN SHIPPED", "shouting")
    assert not found("YOUR ORDER", "shouting")
    assert not found("Your order {#alphanumeric#} was shipped by ACME TODAY", "shouting")


@pytest.mark.parametrize(
    ("text", "category", "place"),
    [
        ("Your order is packed. Get 20% off next time", "S", ["20% off"]),
        ("Sale ends today. STOP to 56767", "P", []),
        ("123456 is your OTP. STOP to 56767", "P", ["OTP"]),
        ("Reminder: your bill is open", "T", ["Reminder"]),
        ("Your bill is paid", "T", []),
    ],
)
def test_a_category_that_does_not_fit_is_explained(text: str, category: str, place: list[str]) -> None:
    assert spoken(text, "category_unfit", category) == place


def test_a_promotion_needs_a_way_out() -> None:
    assert found("Big things ahead", "optout_text_missing", "P")
    assert not found("Big things ahead. STOP to 56767", "optout_text_missing", "P")
    codes = [f.code for f in advise("Big {#var#} ahead", category="P", is_template=True).findings]
    assert codes.count("optout_text_missing") == 1


def test_the_longest_values_show_how_far_a_template_may_grow() -> None:
    body = "Dear {#var#}, " + "x" * 120 + " {#var#}. -ACME"
    advice = advise(body, category="S", variables=[Variable("a", max=40), Variable("b", VariableType.URL, 256)])
    assert (advice.parts, advice.worst_parts) == (1, 3)
    assert any(finding.code == "variable_overflow" for finding in advice.findings)


def test_one_character_too_many_is_told() -> None:
    assert "Only 1 character too long for 1 part." in found("a" * 161, "nearly_fewer_parts")[0].sentence
    assert not found("a" * 200, "nearly_fewer_parts")


def test_what_no_portal_takes_comes_first_in_a_template() -> None:
    advice = advise("WIN WIN WIN lottery {#Var#}", category="S", is_template=True)
    assert (advice.findings[0].code, advice.findings[0].severity) == ("broken_tag", Severity.ERROR)


def test_a_text_that_cannot_be_sent_is_refused() -> None:
    with pytest.raises(TextRefused):
        advise("a\x00b", category="S")
