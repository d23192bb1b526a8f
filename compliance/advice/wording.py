"""What makes filters and people distrust a text: words, shouting, disguised words, foreign shorteners, missing way out.

Simple rules that can be explained in a sentence; each is advice, none decides. (docs/rules.md#advice)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from compliance.advice.findings import Finding, Severity
from compliance.advice.spam_words import hits
from compliance.lint import WAY_OUT
from compliance.statuses import Category
from compliance.tags import TAG

SHORTENERS: Final = frozenset(
    [
        "bit.ly",
        "bitly.com",
        "tinyurl.com",
        "goo.gl",
        "t.co",
        "ow.ly",
        "is.gd",
        "v.gd",
        "buff.ly",
        "cutt.ly",
        "rb.gy",
        "rebrand.ly",
        "shorturl.at",
        "t.ly",
        "tiny.cc",
        "tiny.one",
        "surl.li",
        "s.id",
        "lnkd.in",
        "adf.ly",
        "bl.ink",
        "shorte.st",
        "soo.gd",
        "clck.ru",
        "qr.ae",
        "urlz.fr",
        "u.to",
    ]
)
CATEGORY_NAMES: Final = {
    "lottery": "prizes and lotteries",
    "money": "easy money",
    "urgency": "pressure of time",
    "phishing": "phishing",
    "loan": "loans",
    "gambling": "gambling",
    "adult": "adult content",
    "crypto": "crypto and trading tips",
    "pharma": "medicine and miracle cures",
    "shouting": "shouting",
}
_CAPITALS: Final = 0.6
_LEAST_LETTERS: Final = 20
_REPEATED: Final = re.compile(r"([^\s\dxX*])\1{3,}")
_HOST: Final = re.compile(
    r"(?<![\w@.-])(?:https?://)?(?:www\.)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?=[/?#:\s]|\Z)", re.IGNORECASE
)
_SPACED: Final = re.compile(r"(?<!\w)[A-Za-z](?:([ ._*-])[A-Za-z])(?:\1[A-Za-z]){2,}(?!\w)")
_WORD: Final = re.compile(r"[A-Za-z0-9$@]+")
_SWAPPED: Final = str.maketrans("0134578$@", "oieastbsa")
_DISGUISED: Final = frozenset(
    [
        "free",
        "win",
        "winner",
        "loan",
        "loans",
        "cash",
        "bonus",
        "offer",
        "lottery",
        "prize",
        "sex",
        "casino",
        "bet",
        "betting",
        "deal",
        "money",
        "gift",
        "earn",
    ]
)
_NEGATED: Final = re.compile(
    r"(?:\b(?:not|never|don'?t|no one|nobody|mat|nahi|na|kabhi)\b|न|ना|मत|नहीं|कभी)[^.!?।]{0,30}\Z"
)
_OFFER: Final = re.compile(
    r"\b(?:sale|discounts?|cashback|coupons?|vouchers?|special offer|offers?|flat \d+|shop now|buy now|buy 1|"
    r"order now|upgrade now|limited period|new arrivals?|festive)\b|\d+ ?% off|छूट|ऑफर|सेल",
    re.IGNORECASE,
)
_PASSCODE: Final = re.compile(r"\b(?:otp|one[- ]time pass\w*|verification code|passcode)\b|ओटीपी", re.IGNORECASE)
_LATE: Final = re.compile(r"\b(?:reminder|overdue|is due|due (?:on|by|date)|renew(?:al)?|expires? on)\b", re.IGNORECASE)


def remarks(text: str, category: str, *, is_template: bool) -> Iterator[Finding]:
    """Everything about the wording; `is_template` leaves to the portals' rules what those say too."""
    for rule in _RULES:
        yield from rule(text)
    if category == Category.PROMOTIONAL and not is_template and not WAY_OUT.search(text):
        sentence = "A promotional text has to say how to opt out."
        yield Finding("optout_text_missing", Severity.WARNING, sentence, "Add, for example: STOP to 56767, or a link.")
    yield from _category(text, category)


def _spam(text: str) -> Iterator[Finding]:
    for word, start, end in hits(text):
        # “Never share your OTP” warns of what the phrase alone would ask for.
        if word.category == "phishing" and _NEGATED.search(text[:start].lower()):
            continue
        severity = Severity.WARNING if word.weight > 3 else Severity.ADVICE
        sentence = (
            f"“{text[start:end]}” reads like {CATEGORY_NAMES[word.category]}; filters weigh it {word.weight} of 5."
        )
        yield Finding("spam_words", severity, sentence, f"{word.suggestion}.", (start, end), word.weight)


def _shouting(text: str) -> Iterator[Finding]:
    letters = [char for char in TAG.sub("", text) if char.isalpha() and char.isascii()]
    if len(letters) < _LEAST_LETTERS:
        return
    share = sum(char.isupper() for char in letters) / len(letters)
    if share > _CAPITALS:
        sentence = f"{round(share * 100)} % of the letters are capitals, which reads as shouting."
        yield Finding(
            "shouting", Severity.ADVICE, sentence, "Write in sentences, with capitals where they begin.", weight=2
        )


def _repeated(text: str) -> Iterator[Finding]:
    if found := _REPEATED.search(text):
        sentence = f"“{found[1]}” stands {len(found[0])} times in a row."
        yield Finding("repeated_character", Severity.ADVICE, sentence, "Write it once.", found.span(), 2)


def _disguised(text: str) -> Iterator[Finding]:
    places = [found.span() for found in _SPACED.finditer(text)]
    for found in _WORD.finditer(text):
        plain = found[0].lower().translate(_SWAPPED)
        if plain != found[0].lower() and plain in _DISGUISED:
            places.append(found.span())
    for start, end in places:
        sentence = f"“{text[start:end]}” looks like a word in disguise, as spam writes it."
        yield Finding(
            "disguised_word", Severity.WARNING, sentence, "Write the word plainly, or drop it.", (start, end), 4
        )


def _shorteners(text: str) -> Iterator[Finding]:
    for found in _HOST.finditer(text):
        if found[1].lower() in SHORTENERS:
            sentence = f"The public link shortener {found[1].lower()} hides where the link leads; operators stop it."
            remedy = "Use a short link of your own domain that carries your header, and register it."
            yield Finding("public_shortener", Severity.WARNING, sentence, remedy, found.span(1), 4)


def _category(text: str, category: str) -> Iterator[Finding]:
    offer, passcode = _OFFER.search(text), _PASSCODE.search(text)
    if category in (Category.SERVICE, Category.TRANSACTIONAL) and offer:
        sentence = f"“{offer[0]}” is promotion: one promotional line makes the whole text promotional."
        remedy = "Register it as promotional, or take the line out; a wrong category gets templates blacklisted."
        yield Finding("category_unfit", Severity.WARNING, sentence, remedy, offer.span())
    elif category == Category.PROMOTIONAL and passcode and not offer:
        sentence = f"“{passcode[0]}” belongs to a service or transactional text; promotional ones wait for their hours."
        remedy = "Choose service, or transactional for a customer's own transaction."
        yield Finding("category_unfit", Severity.WARNING, sentence, remedy, passcode.span())
    elif category == Category.TRANSACTIONAL and (late := _LATE.search(text)):
        sentence = f"“{late[0]}” sounds like a reminder; transactional texts answer a transaction within 30 minutes."
        yield Finding("category_unfit", Severity.ADVICE, sentence, "Choose service for reminders.", late.span())


_RULES: Final[tuple[Callable[[str], Iterator[Finding]], ...]] = (_spam, _shouting, _repeated, _disguised, _shorteners)
