"""What a reply by SMS asks for, in the scripts and spellings in which people ask."""

from __future__ import annotations

import pytest

from compliance.consent.keywords import Reading, Wish, read_reply


@pytest.mark.parametrize(
    "text",
    [
        "STOP", " s\u200btop!! ", "“Stop.”", "ＳＴＯＰ", "st\u00adop", "pls stop", "STOP please", "Unsubscribe", "QUIT",
        "end", "Cancel", "REVOKE", "opt out", "OPT-OUT", "optout", "Band karo", "SMS band karo ji", "mat bhejo",
        "बंद करें।", "बन्द करो", "थांबवा", "நிறுத்து", "ఆపండి", "বন্ধ করুন", "બંધ કરો", "ನಿಲ್ಲಿಸಿ", "നിർത്തുക",
        "നിര്\u200dത്തുക", "ਬੰਦ ਕਰੋ", "ବନ୍ଦ କରନ୍ତୁ", "بند کریں", "روک دو",
    ],
)  # fmt: skip
def test_a_stop_is_read_however_it_is_written(text: str) -> None:
    assert read_reply(text) == Reading(Wish.STOP, "")


@pytest.mark.parametrize("text", ["STOP ALL", "Stop  all.", "stopall", "sab band karo", "सब बंद करें", "سب بند کرو"])
def test_a_stop_of_everything_is_more_than_a_stop(text: str) -> None:
    assert read_reply(text) == Reading(Wish.STOP_ALL, "")


@pytest.mark.parametrize("text", ["START", "unstop", "Un-stop!", "opt in", "shuru karo", "शुरू करें", "চালু করুন"])
def test_who_comes_back_says_start(text: str) -> None:
    assert read_reply(text) == Reading(Wish.START, "")


@pytest.mark.parametrize("text", ["STOP ACMEIN", "stop acmein", "Unsubscribe from AcmeIn."])
def test_a_keyword_may_name_the_sender(text: str) -> None:
    assert read_reply(text) == Reading(Wish.STOP, "ACMEIN")


@pytest.mark.parametrize(
    "text", ["", "?", "please do not stop", "Don't stop", "stop by my shop tomorrow", "When does it end?", "9" * 200]
)
def test_other_answers_ask_for_nothing(text: str) -> None:
    assert read_reply(text) is None
