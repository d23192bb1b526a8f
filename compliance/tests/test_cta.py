"""Links, numbers and addresses in texts: found where they stand, and compared with what was registered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.cta import CallKind, Registered, Standing, Whitelist, calls_in, is_telling, may_hold, may_hold_digits


def found(text: str, *, bare: CallKind | None = CallKind.NUMBER) -> list[tuple[str, str]]:
    return [(call.kind.value, call.key) for call in calls_in(text, bare=bare)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Track at https://acme.in/o?c=7. Thanks", [("url", "https://acme.in/o?c=7")]),
        ("HTTPS://ACME.in:443/Path#top", [("url", "https://acme.in/Path")]),
        ("see www.acme.in/", [("url", "https://www.acme.in")]),
        ("Web:acme.in, now", [("url", "https://acme.in")]),
        ("(acme.in)", [("url", "https://acme.in")]),
        ("acme．in", [("url", "https://acme.in")]),
        ("mail Help@acme.in", [("email", "help@acme.in")]),
        ("call +91 98765 43210 now", [("number", "9876543210")]),
        ("call 1800-123-4567 or 09876543210", [("number", "18001234567"), ("number", "9876543210")]),
        ("Rs.500 on 12.10.2026 at 10.30, v1.2", []),
        ("Dear A. B. Kumar, Mr.Sharma paid", []),
        ("order 1234567890 of Rs 9876", []),
    ],
)
def test_what_a_text_calls_to_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_places_are_those_of_the_text() -> None:
    text = "Go to acme.in/x, or call 1800 123 456."
    assert [text[call.start : call.end] for call in calls_in(text)] == ["acme.in/x", "1800 123 456"]


def test_ten_digits_in_a_value_are_no_phone_unless_its_type_says_so() -> None:
    assert found("9876543210", bare=None) == []
    assert found("+919876543210", bare=None) == [("number", "9876543210")]


@pytest.mark.parametrize(
    "text",
    [
        "https://acme.in@evil.com",
        "https://192.168.0.1/a",
        "http://асme.in",
        "https://acme.in,https://evil.com",
        "ftp://acme.in/a",
        "ac\u200bme.in",
        "https://[::1]/",
    ],
)
def test_what_nobody_may_register_says_why(text: str) -> None:
    (call,) = calls_in(text)
    assert call.trouble


def whitelist() -> Whitelist:
    rows = [
        ("static", "https://acme.in/offers", "", "active"),
        ("dynamic", "https://acme.in/o?", "", "active"),
        ("short", "acm.in/ACMEIN", "ACMEIN", "active"),
        ("static", "https://old.in", "", "retired"),
        ("static", "https://bad.in", "", "blacklisted"),
        ("mobile", "919876543210", "", "active"),
        ("email", "Help@acme.in", "", "active"),
    ]
    return Whitelist.of([Registered(*row) for row in rows])


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        ("https://acme.in/offers", Standing.LISTED),
        ("acme.in/offers", Standing.LISTED),
        ("acme.in/Offers", Standing.UNKNOWN),
        ("https://acme.in/o?c=7&d=8", Standing.LISTED),
        ("https://acme.in/o", Standing.UNKNOWN),
        ("https://acme.in/offers.evil.com", Standing.UNKNOWN),
        ("https://acme.in.evil.com/offers", Standing.UNKNOWN),
        ("https://acme.in@evil.com/o?x", Standing.UNKNOWN),
        ("acm.in/ACMEIN/x7", Standing.LISTED),
        ("acm.in/ACMEIN", Standing.LISTED),
        ("acm.in/ACMEINX/x7", Standing.UNKNOWN),
        ("old.in", Standing.INACTIVE),
        ("bad.in", Standing.BLACKLISTED),
        ("+91 98765 43210", Standing.LISTED),
        ("help@ACME.in", Standing.LISTED),
    ],
)
def test_what_is_compared_is_equal_never_alike(text: str, standing: Standing) -> None:
    (call,) = calls_in(text)
    assert whitelist().standing(call, "ACMEIN") is standing


def test_a_short_link_belongs_to_its_header() -> None:
    (call,) = calls_in("acm.in/ACMEIN/x7")
    assert whitelist().standing(call, "OTHERS") is Standing.ELSEWHERE
    assert call.kind is CallKind.URL


@pytest.mark.parametrize("bad", ["a." * 20_000, "1 " * 20_000, "://" * 20_000, "@" * 20_000, "a-" * 20_000 + ".in"])
def test_hostile_texts_are_read_in_one_go(bad: str) -> None:
    assert len(calls_in(bad)) <= 1


@pytest.mark.parametrize("plain", ["1200.50", "12.10.2026", "A. B. Kumar", "S.K. Rao", "71860234", "Rs.500", "10.30."])
def test_amounts_dates_and_initials_tell_nothing(plain: str) -> None:
    assert not is_telling(plain)


@given(st.text(alphabet="aA.i0189n@:/+-wx\u3002 \n860", max_size=24))
def test_whatever_is_found_was_told_by_the_quick_look(text: str) -> None:
    sure = calls_in(text, bare=None)
    assert not sure or (is_telling(text) and may_hold(text))
    unsure = [call for call in calls_in(text, bare=CallKind.DIGITS) if call.kind is CallKind.DIGITS]
    assert not unsure or may_hold_digits(text)
