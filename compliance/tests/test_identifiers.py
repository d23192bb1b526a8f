from __future__ import annotations

import pytest

from compliance.errors import InvalidDltId, InvalidHeader
from compliance.identifiers import IdKind, bare_header, parse_dlt_id, parse_header
from compliance.statuses import SenderKind


def test_a_regular_id_has_no_warnings_and_loses_what_copying_added() -> None:
    assert parse_dlt_id(" '1107 1776 6018 1912 345\u200b", IdKind.TEMPLATE).value == "1107177660181912345"
    assert parse_dlt_id("1107177660181912345", IdKind.TEMPLATE).warnings == ()


@pytest.mark.parametrize("text", ["1.10716E+18", "1,10716e18", "12345678901", "1" * 20, "11071776601819abcde", ""])
def test_what_cannot_be_an_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidDltId):
        parse_dlt_id(text, IdKind.TEMPLATE)


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("110717766018", IdKind.TEMPLATE, "19 digits"),
        ("9907177660181912345", IdKind.TEMPLATE, "beginning with 10 to 17"),
        ("1107177660181910000", IdKind.TEMPLATE, "0000"),
        ("1107177660181912345", IdKind.ENTITY, "usually read 01"),
    ],
)
def test_an_odd_id_is_taken_with_a_warning(text: str, kind: IdKind, words: str) -> None:
    assert words in " ".join(parse_dlt_id(text, kind).warnings)


@pytest.mark.parametrize(
    ("header", "kind", "country", "warns"),
    [
        ("ACMEIN", SenderKind.ALPHA, "IN", False),
        ("ACM3", SenderKind.ALPHA, "IN", True),
        ("Acme Shop"[:4], SenderKind.ALPHA, "GB", False),
        ("AcmeRetail1", SenderKind.ALPHA, "GB", False),
        ("612345", SenderKind.NUMERIC, "IN", False),
        ("912345", SenderKind.NUMERIC, "IN", True),
        ("56767", SenderKind.SHORT, "IN", False),
        ("+447700900123", SenderKind.LONG, "GB", False),
    ],
)
def test_headers_keep_their_capitals_and_unusual_ones_are_warned_about(
    header: str, kind: SenderKind, country: str, warns: bool
) -> None:
    value, warnings = parse_header(header, kind, country)
    assert value == header.removeprefix("+")
    assert bool(warnings) is warns


@pytest.mark.parametrize("header", ["VM-ACMEIN-X", "AC ME", "A", "ACMEINX", "123456", "आकमे"])
def test_a_name_that_operators_would_not_take_is_refused(header: str) -> None:
    with pytest.raises(InvalidHeader):
        parse_header(header, SenderKind.ALPHA, "IN")


@pytest.mark.parametrize(
    ("shown", "header"),
    [("VM-ACMEIN-S", "ACMEIN"), ("JD-612345-P", "612345"), ("ACMEIN-T", "ACMEIN"), ("AXACME", "AXACME"), ("", "")],
)
def test_what_operators_add_to_a_header_is_taken_away(shown: str, header: str) -> None:
    assert bare_header(shown) == header


def test_a_header_copied_from_a_handset_is_taken_with_a_warning() -> None:
    header, warnings = parse_header("VM-ACMEIN-S", SenderKind.ALPHA, "IN")
    assert (header, len(warnings)) == ("ACMEIN", 1)


def test_government_headers_are_short_and_of_letters_or_digits() -> None:
    assert parse_header("1930", SenderKind.GOVERNMENT, "IN") == ("1930", ())
    with pytest.raises(InvalidHeader):
        parse_header("GOVTOFX", SenderKind.GOVERNMENT, "IN")
