"""What pages show about senders and templates: lifecycles as timelines, readiness, bodies in pieces, differences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final

from compliance.matching import Match, Mismatch, normalise_ends
from compliance.models import DltRegistration, Review, Sender, SenderRegistration, Template
from compliance.rules.contract import Refusal
from compliance.rules.country import in_order
from compliance.rules.versions import current_decisions
from compliance.statuses import PortalState, ReviewState
from compliance.tags import MEANING, TAG
from kernel.domain.clock import utc_now

_WORD: Final = re.compile(r"\{#\w+#\}|\w+|\s+|[^\w\s]")
_LOOKS: Final = {
    ReviewState.SUBMITTED: ("wait", "eye", "Submitted for review"),
    ReviewState.APPROVED: ("ok", "shield-check", "Approved"),
    ReviewState.REJECTED: ("bad", "circle-x", "Rejected"),
    ReviewState.CHANGES_ASKED: ("wait", "pencil", "Changes asked for"),
    ReviewState.DRAFT: ("mute", "arrow-left", "Taken back"),
}
_FIRST_OF_TWO: Final = ("wait", "check", "Approved by the first of two")
_SHOWN_AROUND: Final = 40


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a lifecycle, as components/timeline.html takes it."""

    at: datetime
    label: str
    detail: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a body or of a comparison; kind is `text`, `tag`, `same`, `old` or `new`."""

    text: str
    kind: str


def lifecycle(
    item: Sender | Template, registrations: Iterable[SenderRegistration | DltRegistration], reviews: Iterable[Review]
) -> list[Event]:
    """Everything that happened to an item, oldest first: our review and the portals' registrations."""
    events = [Event(item.created_at, "Drafted", "", "mute", "pencil")]
    events += [_step(review) for review in reviews]
    for registration in registrations:
        state = PortalState(registration.portal_state)
        tone = {PortalState.ACTIVE: "ok", PortalState.PENDING: "wait"}.get(state, "bad")
        label = f"Registration in {registration.country}: {state.label.lower()}"
        events.append(Event(registration.changed_at, label, _registered(registration), tone, "id-badge"))
    return sorted(events, key=lambda event: event.at)


def history(versions: Iterable[Template], reviews: Iterable[Review]) -> list[Event]:
    """Every step of every version's review, oldest first."""
    numbers = {version.pk: version.version for version in versions}
    return [_step(review, f"Version {numbers[review.object_id]}: ") for review in reviews]


def _step(review: Review, prefix: str = "") -> Event:
    looks = _FIRST_OF_TWO if review.is_first_approval else _LOOKS[ReviewState(review.to_state)]
    tone, icon, label = looks
    note = f"{review.actor_label}: {review.note}" if review.note else review.actor_label
    return Event(review.at, f"{prefix}{label.lower()}" if prefix else label, note, tone, icon)


def _registered(registration: SenderRegistration | DltRegistration) -> str:
    if isinstance(registration, DltRegistration):
        return f"Template id {registration.dlt_template_id}, linked to {registration.header}"
    return f"Id {registration.registration_id}" if registration.registration_id else ""


def readiness(template: Template, country: str = "IN") -> Refusal | None:
    """What still stands between a template and its first message to a country; the rules themselves are asked."""
    _, decisions = current_decisions(utc_now())
    return decisions.obstacle(template.sender.header, template.id, country)


def sender_readiness(sender: Sender, country: str = "IN") -> Refusal | None:
    """The same for a sender, whatever templates it has."""
    _, decisions = current_decisions(utc_now())
    return decisions.sender(sender.header, country)


@dataclass(frozen=True, slots=True)
class Destination:
    """What a country asks of a sender: duties as sentences, and what is missing of it, None when nothing is."""

    name: str
    duties: Sequence[str]
    obstacle: Refusal | None


def destinations(sender: Sender) -> list[Destination]:
    """Every country that has rules of its own, then all others."""
    _, decisions = current_decisions(utc_now())
    return [
        Destination(package.name, package.duties, decisions.sender(sender.header, package.country))
        for package in in_order()
    ]


def pieces(body: str) -> list[Piece]:
    """A body with its variables told apart."""
    found: list[Piece] = []
    position = 0
    for tag in TAG.finditer(body):
        found.append(Piece(body[position : tag.start()], "text"))
        found.append(Piece(tag[0], "tag"))
        position = tag.end()
    found.append(Piece(body[position:], "text"))
    return [piece for piece in found if piece.text]


def differences(old: str, new: str) -> list[Piece]:
    """Word by word from one body to the next."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    found: list[Piece] = []
    for step, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if step == "equal":
            found.append(Piece("".join(before[a:b]), "same"))
            continue
        found += [Piece("".join(before[a:b]), "old"), Piece("".join(after[c:d]), "new")]
    return [piece for piece in found if piece.text]


@dataclass(frozen=True, slots=True)
class Trial:
    """The answer of the match test box."""

    match: Match | None
    mismatch: Mismatch | None
    before: str
    after: str
    values: Sequence[tuple[str, str]]


def try_text(template: Template, text: str) -> Trial:
    """Try a text; a mismatch is shown with what stands before and behind its place."""
    result = template.compiled.matches(text)
    if isinstance(result, Match):
        return Trial(result, None, "", "", _named(template, result))
    normal = normalise_ends(text)
    start = max(0, result.position - _SHOWN_AROUND)
    before, after = normal[start : result.position], normal[result.position : result.position + _SHOWN_AROUND]
    return Trial(None, result, ("…" if start else "") + before, after, ())


def _named(template: Template, match: Match) -> list[tuple[str, str]]:
    """Values beside the names of the variables in their slot."""
    compiled = template.compiled
    slots = [compiled.variables[slot.first : slot.first + slot.count] for slot in compiled.slots]
    return [
        (" + ".join(variable.name for variable in slot), value) for slot, value in zip(slots, match.values, strict=True)
    ]


def sample(template: Template) -> str:
    """The text with each variable's name in its place, for a preview."""
    return template.compiled.render([f"‹{variable.name}›" for variable in template.compiled.variables])


def meaning(template: Template) -> list[tuple[str, str, int]]:
    """Name, kind of value and longest value of each variable."""
    return [(variable.name, MEANING[variable.type], variable.max) for variable in template.compiled.variables]
