"""Who a number was allotted to. Numbers are ported, so it says who served it first, never who does now."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import phonenumbers
from phonenumbers import carrier

from kernel.telecom.e164 import E164

# Series end before the last digits of every plan we know: numbers of one series share the answer.
_TAIL: Final = 4


def original_operator(number: E164) -> str:
    """The operator that the number's series was allotted to, as the numbering library calls it; empty if unknown."""
    return _of_series(number[:-_TAIL])


@lru_cache(maxsize=200_000)
def _of_series(series: str) -> str:
    name: str = carrier.name_for_number(phonenumbers.parse(series + "0" * _TAIL), "en")
    return name
