"""Refusals of the compliance services; each says what is wrong and what to do."""

from __future__ import annotations

from kernel.domain.errors import DomainError


class InvalidDltId(DomainError):
    """An id of a registration portal that cannot be one."""


class InvalidHeader(DomainError):
    """A sender that operators would not accept as written."""


class InvalidTemplate(DomainError):
    """A template that no portal would register; `context["hints"]` lists every reason."""


class InvalidValidity(DomainError):
    """Days between which nothing could be valid."""


class InvalidLink(DomainError):
    """A link or number that no portal would register as what it is said to be."""


class InvalidChain(DomainError):
    """Telemarketers that cannot be one chain."""


class NameTaken(DomainError):
    """There is one of that name already."""


class WrongState(DomainError):
    """The object's state does not allow this, or somebody else was faster."""


class ReviewRefused(DomainError):
    """This person may not decide this, or has to say why."""


class NotFound(DomainError):
    """Nothing with this id in the organisation."""

    def __init__(self, thing: str) -> None:
        super().__init__("not_found", f"There is no {thing} with this id.", "Reload the list and choose again.")


class InvalidOptOut(DomainError):
    """An opt-out that could never apply to a message."""


class InvalidConsent(DomainError):
    """A consent that proves nothing."""


class InvalidDndFile(DomainError):
    """A file of preferences that cannot be read as one; nothing of it was applied."""


class InvalidRuleLevel(DomainError):
    """A level for a rule that has none to choose."""


class InvalidDestination(DomainError):
    """First digits that are none, twice, or opened without a cap."""
