"""What a rule is asked and what it answers.

Three kinds of rule, by what they look at, so that each is asked as seldom as possible: the pair of sender and template
(once per destination country), the text, and the recipient. A new rule is a small object in the fitting tuple of
`decisions` or `screening`. Messages are judged by columns: a rule that is asked for each of them may look at a whole
column at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from compliance.matching import CompiledTemplate
from compliance.rules.facts import SenderFacts, TemplateFacts
from kernel.domain.traffic import TrafficClass


class Subject(NamedTuple):
    """One message as its sender wants it, before anything is decided.

    Args:
        sender: header as registered; capitals count.
        template_id: our id (UUID or its text) or the portal's template id; None searches by the text.
        text: the ready text; None renders the template with `variables`.
        variables: values in the order of the tags, or by the variables' names.
        recipient: E.164; must be among those the screening was loaded for.
        traffic_class: what the caller asks for; it may lower the template's priority, never raise it.
    """

    sender: str
    template_id: UUID | str | None
    text: str | None
    variables: Sequence[str] | Mapping[str, str] | None
    recipient: str
    traffic_class: TrafficClass | None = None


class DltIds(NamedTuple):
    """What India's operators want to see beside the message."""

    entity_id: str
    template_id: str


class Window(NamedTuple):
    """Hours for promotions on one day: open from `opens` (the instant asked about, when they are open then), the last
    hand-over to an operator before `last`, nothing arrives from `closes` on."""

    opens: datetime
    last: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something may not be sent; the code is public, the sentences name no recipient."""

    code: str
    detail: str
    remedy: str


class Ruling(NamedTuple):
    """The decision on one message.

    Args:
        code: None when it may be sent; otherwise `detail` and `remedy` say why not and what to do.
        text: what is to be sent (rendered, or as it was given); empty when a refusal came before the text.
        template_id: our id of the template it was accepted on.
        dlt: None where the destination asks for no registration.
        warnings: codes of what may go wrong at the operator.
        window: as in `Passed`.
    """

    code: str | None
    detail: str
    remedy: str
    text: str
    template_id: UUID | None
    traffic_class: TrafficClass | None
    dlt: DltIds | None
    warnings: tuple[str, ...] = ()
    window: Window | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A sender and perhaps a template on their way to one country.

    Args:
        header: as asked for; `sender` is None when there is none like it.
        template: None as well when the sender alone is judged, before its templates are searched.
    """

    header: str
    sender: SenderFacts | None
    template: TemplateFacts | None
    country: str


class PairRule(Protocol):
    def judge(self, pair: Pair) -> Refusal | None:
        """A refusal that holds for every text and recipient, or None."""


class RecipientRule(ABC):
    @abstractmethod
    def judge(self, recipient: str, sender: str, traffic_class: TrafficClass, topic: str = "") -> Refusal | None:
        """A refusal that holds for this recipient, or None."""

    def judge_column(
        self, recipients: Sequence[str], sender: str, traffic_class: TrafficClass, topic: str = ""
    ) -> Mapping[int, Refusal]:
        """The refusals among many recipients, by their number; a rule that can look at them at once says so here."""
        judged = ((number, self.judge(each, sender, traffic_class, topic)) for number, each in enumerate(recipients))
        return {number: refusal for number, refusal in judged if refusal is not None}


class Values(Protocol):
    """The values of many messages of one template, in whatever form their source has them."""

    def arrange(self, compiled: CompiledTemplate) -> tuple[Sequence[Sequence[str]], Mapping[int, Refusal]]:
        """Columns in the order of the tags, one row per message, and why some messages have no row.

        A row without values holds anything; what stands in the columns is checked by the caller.
        """


@dataclass(slots=True)
class Passed:
    """Messages that nothing speaks against, of one template, class and registration.

    Args:
        numbers: which of the messages asked about, ascending; `texts` has theirs.
        window: of promotions, the hours in which they go, which may be still to come; None at any hour.
    """

    numbers: Sequence[int]
    texts: Sequence[str]
    template_id: UUID
    traffic_class: TrafficClass
    dlt: DltIds | None
    window: Window | None = None


class Screened(NamedTuple):
    """The decision on many messages: every one is in `passed` or in `refused`.

    Args:
        warnings: of those that passed, for the few that have any.
    """

    passed: list[Passed]
    refused: dict[int, Ruling]
    warnings: dict[int, tuple[str, ...]]
