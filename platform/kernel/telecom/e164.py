"""The type of a number that was judged and may be stored, routed and sent to."""

from __future__ import annotations

from typing import NewType

# A plus and 7 to 15 digits, the first not 0 (ITU-T E.164); made by `kernel.telecom.numbers` alone.
E164 = NewType("E164", str)
