"""What India's operators answer when their DLT scrubbing refuses a message: the codes of the 600 series.

They come as the error of a receipt. Numbers above 612 meant other things in older lists, and vendors have series of
their own, which a route's table of errors maps; the operator's own words are kept beside the message in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_INDIA: Final = "91"
# The code of our catalogue → the operators' numbers.
_SERIES: Final[Mapping[str, tuple[int, ...]]] = {
    "dlt_entity": (600, 601, 604, 605, 613),
    "dlt_entity_inactive": (602, 603),
    "dlt_chain": (610, 611, 612, 614, 615, 616, 617, 618),
    "dlt_header": (620, 623),
    "dlt_header_inactive": (621, 622, 624, 625),
    "dlt_template": (630, 633, 636, 637, 666),
    "dlt_template_inactive": (631, 632),
    "dlt_header_unlinked": (634,),
    "dlt_variable": (635,),
    "dlt_preference": (650, 652),
    "dlt_hours": (651,),
    "dlt_consent": (660,),
    "dlt_category": (683, 687),
    "dlt_links": (700, 701),
}
SCRUB_CODES: Final = frozenset(_SERIES)
_CODE_OF: Final = {str(number): code for code, numbers in _SERIES.items() for number in numbers}


def scrub_code(error: str, destination: str) -> str | None:
    """The code of our catalogue for a receipt's error, of a message to India; None for anything else.

    Args:
        error: as the receipt has it, e.g. "633" or "0633".
        destination: digits with which the number begins, country code first.
    """
    return _CODE_OF.get(error.lstrip("0")) if destination.startswith(_INDIA) else None
