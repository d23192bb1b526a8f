"""Refusals of this room, each with what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kernel.domain.errors import DomainError


class NotFound(DomainError):
    def __init__(self, thing: str) -> None:
        super().__init__("not_found", f"There is no such {thing} in your organisation.", "Choose one from its list.")


class NameTaken(DomainError):
    def __init__(self, name: str) -> None:
        super().__init__("name_taken", f"There is a list called “{name}” already.", "Choose another name.")


class OutOfOrder(DomainError):
    """Somebody else was faster, or the page was old: the state does not allow this any more."""

    def __init__(self, thing: str, state: str, wanted: str) -> None:
        super().__init__(
            "out_of_order",
            f"The {thing} is {state.lower()} by now, so it cannot be {wanted}.",
            "Load the page again to see where it stands.",
            state=state,
        )


class SameFile(DomainError):
    def __init__(self, *, at: datetime, list_name: str) -> None:
        super().__init__(
            "file_imported_before",
            f"This very file was imported on {at:%d %B %Y at %H:%M} UTC into the list “{list_name}”.",
            "Tick “Import it again” if you mean to; numbers that are on the list already are not doubled.",
        )


class MappingProblem(DomainError):
    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__("columns_not_usable", detail, remedy)


class Incomplete(DomainError):
    """A step of a campaign that is still missing; `context["step"]` names it."""

    def __init__(self, step: str, detail: str, remedy: str) -> None:
        super().__init__("campaign_incomplete", detail, remedy, step=step)


class ScheduleProblem(DomainError):
    """A local time that names no instant, two, or one that is over.

    Args:
        suggestions: local times (`2026-03-29 03:00`) that would do.
    """

    def __init__(self, code: str, detail: str, remedy: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(code, detail, remedy, suggestions=list(suggestions))
