"""What every rule carries beside its judgement: names, words, and how far a tenant may turn it down.

A rule has a `key` of its own and the public `code` that a refused message bears; several rules may share a code. The
catalogue (`compliance.rules.catalogue`) lists all rules in the order in which they are asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.db.models import TextChoices

from compliance.levels import Level
from compliance.rules.contract import Pair, Refusal

__all__ = ["About", "Basis", "Level", "LinkRule", "LooksAt", "PairRule"]

if TYPE_CHECKING:
    from compliance.cta import Call, Whitelist


class Basis(TextChoices):
    """Where a rule comes from; only a tenant's own style is a matter of its settings."""

    LAW = "law", "Law or operators"
    ACCOUNT = "account", "Approval here"
    STYLE = "style", "Your own style"


class LooksAt(TextChoices):
    """What a rule has to know, which says how often it is asked."""

    MESSAGE = "message", "each message"
    PAIR = "pair", "sender and template, once per country"
    LINKS = "links", "links and numbers: fixed text once, values each time"
    RECIPIENT = "recipient", "recipients, by columns"


@dataclass(frozen=True, slots=True)
class About:
    """A rule in words.

    Args:
        key: its own name, never changed.
        code: what a refused message bears (`kernel.domain.catalogue`).
        default: the level of a rule of style where the tenant chose none; all others refuse, always.
    """

    key: str
    code: str
    explanation: str
    remedy: str
    looks_at: LooksAt
    basis: Basis = Basis.LAW
    default: Level = Level.REFUSE

    @property
    def is_fixed(self) -> bool:
        return self.basis != Basis.STYLE

    def level(self, chosen: Mapping[str, Level]) -> Level:
        """The level in force; nothing that is stored can turn a legal rule down."""
        return Level.REFUSE if self.is_fixed else chosen.get(self.key, self.default)

    def refusal(self, detail: str = "", remedy: str = "") -> Refusal:
        return Refusal(self.code, detail or self.explanation, remedy or self.remedy)


class PairRule(ABC):
    """Asked once per sender, template and country; the answer is kept until the tenant's facts change."""

    about: ClassVar[About]

    @abstractmethod
    def judge(self, pair: Pair) -> Refusal | None:
        """A refusal that holds for every text and recipient, or None; None as well for what an earlier rule refuses."""


class LinkRule(ABC):
    """Asked about every link, number and address that a text calls its reader to."""

    about: ClassVar[About]

    @abstractmethod
    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        """A refusal of a text with this call, or None."""
