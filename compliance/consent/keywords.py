"""What a reply by SMS asks for: to stop, to stop everything, or to start again.

A reply counts when it is a keyword and nothing else but punctuation, polite words and the name of a sender; “please do
not stop” asks for nothing. Case, stray punctuation, zero-width characters and doubled spaces do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final, NamedTuple


class Wish(StrEnum):
    STOP = "stop"
    STOP_ALL = "stop_all"
    START = "start"


class Reading(NamedTuple):
    """`about` is what followed the keyword: perhaps a sender's header, in capitals; empty when nothing did."""

    wish: Wish
    about: str


_STOP: Final = """
stop|stop sms|stop message|stop messages|stop msg|stopp|unsubscribe|unsub|quit|end|cancel|revoke|opt out|optout|opt-out
remove|remove me|no more|dnd|do not disturb|do not send
band karo|band kar do|band kare|band karen|band kijiye|bandh karo|bandh kar do|band|bandh|mat bhejo|msg band karo
sms band karo|message band karo|message mat bhejo|sms mat bhejo|msg mat bhejo|roko|rok do|nahi chahiye|nahin chahiye
बंद करो|बंद करें|बंद कर दो|बंद कीजिए|बन्द करो|बन्द करें|बंद|रोको|रोकें|रोक दो|मत भेजो|नहीं चाहिए|स्टॉप|संदेश बंद करें
बंद करा|थांबवा|थांबा|पाठवू नका|नको
நிறுத்து|நிறுத்தவும்|நிறுத்துங்கள்|ஸ்டாப்|வேண்டாம்|அனுப்ப வேண்டாம்
ఆపు|ఆపండి|ఆపివేయండి|ఆపేయండి|స్టాప్|వద్దు|పంపవద్దు
বন্ধ|বন্ধ করুন|বন্ধ করো|বন্ধ কর|থামান|থামাও|স্টপ|পাঠাবেন না|চাই না
બંધ|બંધ કરો|બંધ કરી દો|રોકો|સ્ટોપ|ના મોકલો|નથી જોઈતું
ನಿಲ್ಲಿಸಿ|ನಿಲ್ಲಿಸು|ಸ್ಟಾಪ್|ಬೇಡ|ಕಳುಹಿಸಬೇಡಿ|ಬಂದ್ ಮಾಡಿ
നിർത്തുക|നിർത്തൂ|നിര്‍ത്തുക|നിർത്തു|സ്റ്റോപ്പ്|വേണ്ട|അയക്കരുത്
ਬੰਦ|ਬੰਦ ਕਰੋ|ਬੰਦ ਕਰ ਦਿਓ|ਰੋਕੋ|ਸਟਾਪ|ਨਾ ਭੇਜੋ|ਨਹੀਂ ਚਾਹੀਦਾ
ବନ୍ଦ|ବନ୍ଦ କରନ୍ତୁ|ବନ୍ଦ କର|ଷ୍ଟପ୍|ପଠାନ୍ତୁ ନାହିଁ
بند|بند کرو|بند کریں|بند کر دو|روکو|روک دو|اسٹاپ|مت بھیجو|نہیں چاہیے
"""
_STOP_ALL: Final = """
stop all|stopall|stop everything|unsubscribe all|opt out all|end all|cancel all
sab band karo|sab band kar do|sab kuch band karo|sabhi band karo|sab bandh karo
सब बंद करो|सब बंद करें|सभी बंद करें|सभी बंद करो|सगळे बंद करा|सर्व बंद करा
அனைத்தையும் நிறுத்து|எல்லாம் நிறுத்து|అన్నీ ఆపు|అన్నీ ఆపండి|সব বন্ধ করুন|সব বন্ধ করো|બધું બંધ કરો|બધા બંધ કરો
ಎಲ್ಲಾ ನಿಲ್ಲಿಸಿ|എല്ലാം നിർത്തുക|ਸਭ ਬੰਦ ਕਰੋ|ସବୁ ବନ୍ଦ କରନ୍ତୁ|سب بند کرو|سب بند کریں
"""
_START: Final = """
start|unstop|un stop|subscribe|resume|opt in|optin|opt-in|restart|yes start
shuru karo|shuru kare|shuru karen|chalu karo|chalu kare|chalu karen|phir se bhejo
शुरू करो|शुरू करें|शुरू|चालू करो|चालू करें|सुरू करा|चालू करा|स्टार्ट
தொடங்கு|தொடங்கவும்|ஸ்டார்ட்|ప్రారంభించు|ప్రారంభించండి|స్టార్ట్|চালু করুন|শুরু করুন|শুরু করো|স্টার্ট
શરૂ કરો|ચાલુ કરો|ಪ್ರಾರಂಭಿಸಿ|ಶುರು ಮಾಡಿ|ತുടങ്ങുക|ആരംഭിക്കുക|ਸ਼ੁਰੂ ਕਰੋ|ਚਾਲੂ ਕਰੋ|ଆରମ୍ଭ କରନ୍ତୁ|ଚାଲୁ କରନ୍ତୁ
شروع کرو|شروع کریں|چالو کریں
"""
# Said beside a keyword without changing what it means.
_POLITE: Final = frozenset(
    {"please", "pls", "plz", "kindly", "kripya", "ji", "sir", "madam", "thanks", "thank", "you", "कृपया", "जी"}
)
# What joins a keyword to the sender it is about.
_LINKS: Final = frozenset(["from", "to", "for", "se", "ko", "से", "को"])
_HEADER: Final = re.compile(r"[A-Za-z0-9]{3,11}\Z")
_LONGEST: Final = 160
# Joiners are part of words in Indian scripts: with and without one, a word is the same word here.
_DROPPED: Final = frozenset({"Cf", "Cc", "Co", "Cs", "Cn"})


def read_reply(text: str) -> Reading | None:
    """The wish of a reply; None when it is about something else."""
    if len(text) > _LONGEST:
        return None
    words = [word for word in plain(text).split() if word not in _POLITE]
    # The longest keyword first: STOP ALL is not STOP about a sender called ALL.
    for count in range(min(len(words), _MOST_WORDS), 0, -1):
        wish = _WISHES.get(" ".join(words[:count]))
        if wish is not None:
            return _about(wish, words[count:])
    return None


def plain(text: str) -> str:
    """As keywords are compared: folded, without joiners and accents of Latin, anything but letters as one space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = [char for char in folded if unicodedata.category(char) not in _DROPPED or char.isspace()]
    letters = [char if unicodedata.category(char)[0] in "LMN" else " " for char in kept]
    return " ".join("".join(letters).split())


def _about(wish: Wish, rest: list[str]) -> Reading | None:
    rest = [word for word in rest if word not in _LINKS]
    if not rest:
        return Reading(wish, "")
    if len(rest) == 1 and wish is not Wish.STOP_ALL and _HEADER.match(rest[0]):
        return Reading(wish, rest[0].upper())
    return None


def _entries() -> dict[str, Wish]:
    found: dict[str, Wish] = {}
    for wish, listed in ((Wish.STOP, _STOP), (Wish.STOP_ALL, _STOP_ALL), (Wish.START, _START)):
        for line in listed.split("\n"):
            found.update({plain(each): wish for each in line.split("|") if each.strip()})
    return found


_WISHES: Final = _entries()
_MOST_WORDS: Final = max(len(each.split()) for each in _WISHES)
