"""Texts whose segmentation is known; whoever counts segments, in whatever language, is tried on these."""

from __future__ import annotations

from typing import Final, NamedTuple


class Example(NamedTuple):
    """A text with its encoding, its units, and the units of each part with an 8 and with a 16 bit reference."""

    text: str
    encoding: str
    units: int
    parts8: tuple[int, ...]
    parts16: tuple[int, ...]


def _single(text: str, encoding: str, units: int) -> Example:
    return Example(text, encoding, units, (units,), (units,))


EXAMPLES: Final = (
    _single("Hello", "gsm7", 5),
    _single("", "gsm7", 0),
    _single("Your OTP is 482913. Do not share it.", "gsm7", 36),
    _single("a" * 160, "gsm7", 160),
    Example("a" * 161, "gsm7", 161, (153, 8), (152, 9)),
    Example("a" * 306, "gsm7", 306, (153, 153), (152, 152, 2)),
    Example("a" * 307, "gsm7", 307, (153, 153, 1), (152, 152, 3)),
    Example("a" * 459, "gsm7", 459, (153, 153, 153), (152, 152, 152, 3)),
    Example("a" * 460, "gsm7", 460, (153, 153, 153, 1), (152, 152, 152, 4)),
    _single("€" * 80, "gsm7", 160),
    Example("€" * 81, "gsm7", 162, (152, 10), (152, 10)),
    Example("€" * 153, "gsm7", 306, (152, 152, 2), (152, 152, 2)),
    _single("a" * 158 + "€", "gsm7", 160),
    Example("a" * 159 + "€", "gsm7", 161, (153, 8), (152, 9)),
    Example("a" * 152 + "€" + "b" * 20, "gsm7", 174, (152, 22), (152, 22)),
    _single("Price [A] {B} ~10%", "gsm7", 23),
    _single("Line1\nLine2", "gsm7", 11),
    _single("Line1\r\nLine2", "gsm7", 12),
    _single("Col1\tCol2", "ucs2", 9),
    _single("Café à Zürich, Øl £5 §4", "gsm7", 23),
    _single("Ça va?", "gsm7", 6),
    _single("garçon", "ucs2", 6),
    _single("mañana", "gsm7", 6),
    _single("São Paulo", "ucs2", 9),
    _single("Rs 500", "gsm7", 6),
    _single("₹500", "ucs2", 4),
    _single("don’t", "ucs2", 5),
    _single("don't", "gsm7", 5),
    _single("`", "ucs2", 1),
    _single("नमस्ते", "ucs2", 6),
    _single("आपका OTP 482913 है", "ucs2", 18),
    _single("अ" * 70, "ucs2", 70),
    Example("अ" * 71, "ucs2", 71, (67, 4), (66, 5)),
    Example("अ" * 134, "ucs2", 134, (67, 67), (66, 66, 2)),
    Example("अ" * 135, "ucs2", 135, (67, 67, 1), (66, 66, 3)),
    _single("😀", "ucs2", 2),
    _single("😀" * 35, "ucs2", 70),
    Example("😀" * 36, "ucs2", 72, (66, 6), (66, 6)),
    Example("अ" * 66 + "😀" + "अ" * 20, "ucs2", 88, (66, 22), (66, 22)),
    _single("👨\u200d👩\u200d👧", "ucs2", 8),
    _single("🇮🇳", "ucs2", 4),
    Example("a" * 159 + "—", "ucs2", 160, (67, 67, 26), (66, 66, 28)),
    _single("a" * 159 + "-", "gsm7", 160),
)
