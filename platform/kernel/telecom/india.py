"""Which Indian numbers are mobile, by their first five digits.

Mobile series and landline areas share the digits 6 to 9 (080 2 is Bengaluru), so a look at the first digit is wrong
for one number in seven. The first five decide, without exception; they are kept as a file of 100,000 flags since
asking the numbering library for each message takes 35 times longer. See docs/rules.md#numbers.

When the library's metadata changes, write the file anew:
`PYTHONPATH=platform python -c "from kernel.telecom.india import *; FILE.write_bytes(build_table())"`
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

from kernel.telecom.e164 import E164
from kernel.telecom.number_cells import LONGEST_CELL

FILE: Final = Path(__file__).with_name("india_mobile.bin")

_TABLE: Final = FILE.read_bytes()
_PREFIXES: Final = {True: frozenset(("+91", "91", "0", "")), False: frozenset(("+91",))}
# Assigned ranges hold these four too, but nobody who types one has it.
_REPEATED: Final = frozenset(f"+91{digit * 10}" for digit in "6789")


def indian_mobile(text: str, *, national: bool) -> E164 | None:
    """The number, if it is an Indian mobile written in a usual way; None means "look closer", never "invalid".

    Args:
        national: accept it without country code too, as in a file whose numbers are Indian.
    """
    number = _recognised(text, national=national)
    if number is None and len(text) <= LONGEST_CELL:
        number = _recognised(text.replace(" ", "").replace("-", ""), national=national)
    return number


def build_table() -> bytes:
    """The 100,000 flags by five-digit prefix, from the numbering library; takes a second or two."""
    return bytes(map(_is_mobile_prefix, range(100_000)))


def _recognised(text: str, *, national: bool) -> E164 | None:
    digits = text[-10:]
    # `isdigit` is true of other scripts and of superscripts, hence `isascii`.
    if len(digits) == 10 and digits.isdigit() and digits.isascii() and text[:-10] in _PREFIXES[national]:
        number = "+91" + digits
        if _TABLE[int(digits[:5])] and number not in _REPEATED:
            return E164(number)
    return None


def _is_mobile_prefix(prefix: int) -> bool:
    number = PhoneNumber(country_code=91, national_number=prefix * 100_000)
    return prefix >= 60_000 and phonenumbers.number_type(number) in (
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    )
