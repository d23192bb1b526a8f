"""Registrations that end, idle out or were stopped by a portal: shown as long as it is so, told once each time.

(docs/rules.md#warnings-ahead)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from compliance.models.warnings import Warned
from compliance.queries import WARN_DAYS, ending_soon, portal_records, register_day, subject_of
from compliance.statuses import PortalKind, PortalState, Suspension
from kernel.db.tenancy import scoped_connection
from tenants.roles import Permission
from tenants.services import News, Tone, notify, people_with

NAMED: Final = 10
_PAGES: Final = {PortalKind.HEADER: "compliance:sender", PortalKind.TEMPLATE: "compliance:template"}
_LOST: Final = (PortalState.SUSPENDED, PortalState.BLACKLISTED)


@dataclass(frozen=True, slots=True)
class Concern:
    """One record that needs somebody.

    Args:
        stage: how far it has come: 7d, 1d or now.
        cause: validity, usage, suspended or blacklisted.
    """

    kind: PortalKind
    object_id: UUID
    label: str
    cause: str
    stage: str
    on: date | None
    reason: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.object_id}:{self.cause}:{self.on or ''}:{self.stage}"

    @property
    def group(self) -> tuple[str, str, str]:
        return (self.stage, self.cause, self.kind.value)

    @property
    def tone(self) -> Tone:
        return Tone.WAIT if self.stage == "7d" else Tone.BAD

    @property
    def title(self) -> str:
        return f"{self.kind.value.capitalize()} {self.label} {self.what}"

    @property
    def what(self) -> str:
        """What becomes of it, as the end of a sentence."""
        if self.cause in _LOST:
            return f"is {self.cause} on its portal"
        day = f"{self.on:%-d %B %Y}" if self.on else ""
        if self.cause == Suspension.VALIDITY:
            return f"is valid until {day}"
        return f"counts as unused since {day}" if self.stage == "now" else f"counts as unused from {day} on"

    @property
    def text(self) -> str:
        return self.reason or _REMEDY[self.cause]

    @property
    def path(self) -> str:
        page = _PAGES.get(self.kind)
        return reverse(page, args=[self.object_id]) if page else reverse("compliance:entities")


_REMEDY: Final = {
    Suspension.VALIDITY.value: "Renew it on its portal, then record its new last day here.",
    Suspension.USAGE.value: "Portals block what nobody uses: send with it, or confirm it on its portal.",
    PortalState.SUSPENDED.value: "Nothing is sent with it until its portal has made it active again.",
    PortalState.BLACKLISTED.value: "Nothing is sent with it. Ask your operator for the reason.",
}


def concerns(*, now: datetime) -> list[Concern]:
    """The tenant's records that need somebody, the most urgent first. Sixteen queries, whatever their number."""
    found = [*_stopped(), *_ending(now)]
    return sorted(found, key=lambda each: (_ORDER[each.stage], each.on or date.max, each.label))


_ORDER: Final = {"now": 0, "1d": 1, "7d": 2}


def warn(*, now: datetime) -> int:
    """Tell the tenant's reviewers of every concern that they were not told of; returns how many concerns were new.

    More than a few of one kind at once, such as templates that were imported together, are one piece of news.
    """
    with transaction.atomic(using=scoped_connection().alias):
        found = {each.key: each for each in concerns(now=now)}
        known = set(Warned.objects.filter(key__in=found).values_list("key", flat=True))
        fresh = [each for key, each in found.items() if key not in known]
        Warned.objects.bulk_create([Warned(key=each.key, at=now) for each in fresh], ignore_conflicts=True)
        if fresh:
            people = people_with(Permission.REVIEW_COMPLIANCE)
            for news in _news(fresh):
                notify(user_ids=people, news=news, now=now)
    return len(fresh)


def _stopped() -> Iterator[Concern]:
    for records in portal_records():
        for record in records.filter(portal_state__in=_LOST):
            object_id, label = subject_of(record)
            state, reason = str(record.portal_state), record.state_reason
            yield Concern(record.portal_kind, object_id, label, state, "now", record.valid_to, reason)


def _ending(now: datetime) -> Iterator[Concern]:
    today = register_day(now)
    for ending in ending_soon(now=now, within_days=WARN_DAYS):
        left = (ending.on - today).days
        stage = "7d" if left > 1 else "1d" if left > 0 or ending.why == Suspension.VALIDITY else "now"
        yield Concern(ending.kind, ending.object_id, ending.label, str(ending.why), stage, ending.on)


def _news(fresh: list[Concern]) -> Iterator[News]:
    fresh.sort(key=lambda each: each.group)
    for _, group in groupby(fresh, key=lambda each: each.group):
        alike = list(group)
        if len(alike) <= NAMED:
            for each in alike:
                yield News(each.title, each.path, each.text, each.tone, each.key)
            continue
        first = alike[0]
        names = ", ".join(each.label for each in alike[:NAMED])
        title = f"{len(alike)} of kind {first.kind.value}: {first.what.removeprefix('is ')}"
        yield News(
            title, reverse("compliance:attention"), f"{names} and {len(alike) - NAMED} more. {first.text}", first.tone
        )
