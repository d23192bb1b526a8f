"""The GSM alphabet against its published table, and the replacements against the list they were taken from."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.telecom.alphabet import (
    ACCENTS,
    BASIC,
    EXTENSION,
    REPLACEMENTS,
    ascii_septets,
    browser_table,
    decode_gsm,
    encode_gsm,
    foreign_characters,
    is_gsm,
    replacement_for,
    smart_replace,
)

with (Path(__file__).parent / "gsm7.csv").open(encoding="ascii", newline="") as table:
    PUBLISHED = {chr(int(row["code_point"].removeprefix("U+"), 16)): row for row in csv.DictReader(table)}

GSM_TEXTS = st.text(st.sampled_from(sorted(PUBLISHED)), max_size=400)

# Code points as they are listed, so that a look-alike in the source of the alphabet cannot agree with itself.
LISTED = {
    "'": "2018 2019 201A 201B 2039 203A 2032 0060 00B4",
    '"': "201C 201D 201E 00AB 00BB 2033",
    "-": "2013 2014 2010 2011 2012 2212 2022 00B7 25CF",
    "": "00AD 200B 200E FEFF",
    "...": "2026",
    " ": "00A0 2009 202F 0009",
    "\n": "2028",
    "Rs ": "20B9 20A8",
    "c": "00A2 00E7",
    "(TM)": "2122",
    "(R)": "00AE",
    "(C)": "00A9",
    " deg": "00B0",
    "x": "00D7",
    "/": "00F7",
    "+/-": "00B1",
    "1/2": "00BD",
    "1/4": "00BC",
    "3/4": "00BE",
    "2": "00B2",
    "No.": "2116",
    "->": "2192",
    "<=": "2264",
    ">=": "2265",
    "!=": "2260",
    "a": "00E1 00E2 00E3",
    "A": "00C0 00C1",
    "e": "00EA 00EB",
    "E": "00C8",
    "i": "00ED 00EE 00EF 0131",
    "o": "00F3 00F4 00F5",
    "u": "00FA 00FB 00B5",
    "y": "00FD 00FF",
    "oe": "0153",
    "OE": "0152",
    "l": "0142",
    "s": "0161 015F",
    "z": "017E",
    "g": "011F",
    "!!": "203C",
    "v": "2713",
}
LISTED_PAIRS = [(chr(int(code, 16)), to) for to, codes in LISTED.items() for code in codes.split()]


@pytest.mark.parametrize("character", PUBLISHED, ids=lambda character: f"U+{ord(character):04X}")
def test_every_character_of_the_published_table_has_its_septet(character: str) -> None:
    row = PUBLISHED[character]
    septets = bytes.fromhex(row["septet"][2:])
    expected = septets if row["table"] == "basic" else b"\x1b" + septets

    assert encode_gsm(character) == expected
    assert decode_gsm(expected) == character


def test_the_tables_hold_nothing_beyond_the_published_one() -> None:
    assert len(PUBLISHED) == 137
    assert set(BASIC) | set(EXTENSION) == set(PUBLISHED) | {"\x1b"}
    assert [code for code in range(0x20000) if is_gsm(chr(code))] == sorted(map(ord, PUBLISHED))


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_text_is_gsm_exactly_when_it_can_be_encoded(text: str) -> None:
    if is_gsm(text):
        assert decode_gsm(encode_gsm(text)) == text
        assert foreign_characters(text) == []
    else:
        assert set(foreign_characters(text)) == set(text) - set(PUBLISHED)
        with pytest.raises(UnicodeEncodeError):
            encode_gsm(text)


@given(GSM_TEXTS)
@settings(max_examples=200, deadline=None)
def test_every_gsm_text_survives_the_way_to_septets_and_back(text: str) -> None:
    octets = encode_gsm(text)

    assert octets.isascii()
    assert len(octets) == len(text) + sum(map(text.count, EXTENSION))
    assert decode_gsm(octets) == text


@given(st.text(st.characters(max_codepoint=0x7F), max_size=100))
@settings(max_examples=200, deadline=None)
def test_the_short_cut_for_ascii_answers_as_the_tables_do_or_not_at_all(text: str) -> None:
    septets = ascii_septets(text)

    assert septets == (encode_gsm(text) if is_gsm(text) and not set(text) & set(EXTENSION) else None)


def test_a_raw_escape_is_never_encoded() -> None:
    assert not is_gsm("\x1b")
    with pytest.raises(UnicodeEncodeError):
        encode_gsm("a\x1bb")


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"\x1b\x65", "€"),
        (b"\x1b\x61", "a"),
        (b"\x1b\x00", "@"),
        (b"\x1b\x0a", "\f"),
        (b"\x1b\x0d", "\r"),
        (b"a\x1b\x1bb", "a b"),
        (b"\x1b\x1b\x1b\x65", " €"),
        (b"abc\x1b", "abc"),
        (b"\x00\x02\x11", "@$_"),
        (b"caf\xe9", "café"),
        (b"", ""),
    ],
)
def test_septets_from_the_network_are_read_as_the_standard_falls_back(octets: bytes, text: str) -> None:
    assert decode_gsm(octets) == text


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_octets_from_the_network_are_unreadable(octets: bytes) -> None:
    assert "\x1b" not in decode_gsm(octets)


def test_the_characters_that_force_unicode_are_named_once_in_order() -> None:
    assert foreign_characters("₹5 – don’t, ₹6") == ["₹", "–", "’"]


def test_the_list_of_replacements_is_complete() -> None:
    assert len(LISTED_PAIRS) == 83
    assert dict(LISTED_PAIRS) == {**REPLACEMENTS, **ACCENTS}
    assert not set(REPLACEMENTS) & set(ACCENTS)


@pytest.mark.parametrize(("character", "replacement"), LISTED_PAIRS, ids=lambda part: ascii(part))
def test_every_replacement_leads_from_outside_the_alphabet_into_it(character: str, replacement: str) -> None:
    assert not is_gsm(character)
    assert is_gsm(replacement)
    assert replacement_for(character) == replacement
    assert smart_replace(f"a{character}b", accents=True) == (f"a{replacement}b", [(character, replacement)])


@pytest.mark.parametrize("character", ["अ", "α", "я", "م", "中", "😀", "a", "\u200d"])
def test_letters_of_other_scripts_have_no_replacement(character: str) -> None:
    assert replacement_for(character) is None


def test_replacements_bring_a_text_into_gsm_and_are_reported_once_each() -> None:
    text, replaced = smart_replace("“Diwali” – “sale”…")

    assert text == '"Diwali" - "sale"...'
    assert replaced == [("“", '"'), ("”", '"'), ("–", "-"), ("…", "...")]


@pytest.mark.parametrize("text", ["“नमस्ते” – ₹500", "“Hi” 😀", "São “Paulo”", "Γειά – σου"])
def test_a_text_that_needs_unicode_anyway_is_left_untouched(text: str) -> None:
    assert smart_replace(text) == (text, [])


def test_a_text_in_gsm_is_left_untouched() -> None:
    assert smart_replace("Ça va? [5€]", accents=True) == ("Ça va? [5€]", [])


def test_accented_letters_are_replaced_on_request_and_those_of_the_alphabet_kept() -> None:
    assert smart_replace("Ça, garçon à São Paulo", accents=True) == (
        "Ça, garcon à Sao Paulo",
        [("ç", "c"), ("ã", "a")],
    )


@pytest.mark.parametrize("text", ["₹ 500", "₹500", "₹\u00a0500", "₨\t500"])
def test_a_rupee_sign_and_the_blank_after_it_make_one_blank(text: str) -> None:
    assert smart_replace(text)[0] == "Rs 500"


@pytest.mark.parametrize(
    "link", ["https://x.in/a–b", "http://x.in/?q=“a”&b", "www.x.in/₹", "shop.x.in/a·b", "HTTPS://X.IN/a–b"]
)
def test_nothing_inside_a_link_is_replaced(link: str) -> None:
    assert smart_replace(f"– see {link} now") == (f"– see {link} now", [])


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("see “https://x.in/a?b=c”…", 'see "https://x.in/a?b=c"...'),
        ("(www.x.in/a) – ok", "(www.x.in/a) - ok"),
        ("x.in/a\u200b – ok", "x.in/a - ok"),
        ("https://x.in/a—", "https://x.in/a-"),
        ("3.5–4 kg/day", "3.5-4 kg/day"),
    ],
)
def test_what_follows_a_link_is_replaced(text: str, replaced: str) -> None:
    assert smart_replace(text)[0] == replaced


@given(st.text(st.sampled_from([*PUBLISHED, *REPLACEMENTS, *ACCENTS, "h", "t", "p", ":", "/", "."]), max_size=120))
@settings(max_examples=200, deadline=None)
def test_replacing_ends_in_gsm_or_changes_nothing_and_a_second_time_changes_nothing(text: str) -> None:
    replaced, pairs = smart_replace(text, accents=True)

    assert (is_gsm(replaced) and dict(pairs).items() <= dict(LISTED_PAIRS).items()) or (replaced, pairs) == (text, [])
    assert smart_replace(replaced, accents=True) == (replaced, [])


def test_the_browser_gets_the_same_tables() -> None:
    table = json.loads(json.dumps(browser_table()))

    assert set(table["basic"]) == {character for character, row in PUBLISHED.items() if row["table"] == "basic"}
    assert set(table["extension"]) == {character for character, row in PUBLISHED.items() if row["table"] == "ext"}
    assert table["replacements"] | table["accents"] == dict(LISTED_PAIRS)
