"""What is told of a message that has no route."""

from __future__ import annotations

from typing import Final

from kernel.domain.catalogue import explain
from messaging.drafts import Refusal
from routing.plan import NoWay

CODE: Final = "no_route"
_REMEDY: Final = "Send it again later, or ask support when a line is open again."
_WORDS: Final = {
    NoWay.DRAINING: "The lines to this destination are being taken out of service, and take nothing new.",
    NoWay.DISABLED: "The lines to this destination are switched off.",
}


def wayless(reason: NoWay) -> Refusal:
    if reason in _WORDS:
        return Refusal(CODE, _WORDS[reason], _REMEDY)
    entry = explain(CODE)
    return Refusal(CODE, entry.sentence, entry.remedy)
