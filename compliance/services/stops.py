"""Stopping what was accepted but not sent, when what it stands on is suspended; and letting it go on.

A stop is a row, written in the transaction that suspends. The rows are joined by whoever is about to send
(`barred`). What is above compliance and has messages or campaigns to keep back registers here, and is called in the
same transaction, so that the answer of a suspension tells what it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from phonenumbers import country_code_for_region

from audit.services import Actor, record
from compliance.models import Stop
from kernel.db.tenancy import scoped_connection


class Counts(NamedTuple):
    """Messages kept back and not handed to an operator, and campaigns that were put on hold."""

    messages: int = 0
    campaigns: int = 0

    @property
    def sentence(self) -> str:
        """“12 messages are kept back and 1 campaign is on hold.”"""
        kept = f"{self.messages:,} {'message is' if self.messages == 1 else 'messages are'} kept back"
        on_hold = f"{self.campaigns:,} {'campaign is' if self.campaigns == 1 else 'campaigns are'} on hold"
        return f"{kept} and {on_hold}."


class Keeper(Protocol):
    """Who keeps messages or campaigns back; all calls are in the tenant's context and the stop's transaction."""

    def on_stop(self, stop: Stop, now: datetime) -> Counts: ...
    def on_lift(self, stop: Stop, now: datetime) -> Counts: ...
    def kept(self, stops: list[Stop]) -> Mapping[UUID, Counts]:
        """By the stops' ids, what they keep back now."""


_keepers: Final[list[Keeper]] = []


def register(keeper: Keeper) -> None:
    """Apps above call this once, when they are ready.

    The last comes first: campaigns lock their rows before messaging locks its batches, as everywhere.
    """
    _keepers.insert(0, keeper)


def barred(batch: str) -> str:
    """SQL: whether a stop of its own tenant keeps back a row of this alias, which has the columns of a batch.

    Three probes of the unique index (OFFSET 0: never one look at all stops instead, of which there may be thousands).
    Stops of chains are not among them: they depend on the route.
    """
    carried = {
        Stop.Kind.ENTITY: f"{batch}.dlt_entity_id",
        Stop.Kind.SENDER: f"{batch}.sender",
        Stop.Kind.TEMPLATE: f"{batch}.template_id::text",
    }
    probes = [
        f"""EXISTS (SELECT FROM compliance_stop s WHERE s.tenant_id = {batch}.tenant_id AND s.kind = '{kind.value}'
            AND s.key = {key} AND starts_with({batch}.destination, s.prefix) OFFSET 0)"""
        for kind, key in carried.items()
    ]
    return f"({' OR '.join(probes)})"


def stop(
    *,
    kind: Stop.Kind,
    key: str,
    object_id: UUID,
    label: str,
    reason: str,
    actor: Actor,
    now: datetime,
    country: str = "",
) -> Counts:
    """Keep back, from now on, all unsent messages that stand on a record; in the caller's transaction or its own.

    Args:
        key: see compliance.models.Stop. Empty, nothing carries it and nothing is stopped.
        country: of the destinations that it is about, two letters; a calling code that countries share stops them all.
        reason: one sentence without full stop, for the campaigns and the trail.

    Returns:
        What was stopped by this call; zeros when it stood already.
    """
    if not key:
        return Counts()
    with transaction.atomic(using=scoped_connection().alias):
        standing, is_new = Stop.objects.get_or_create(
            kind=kind,
            key=key,
            prefix=_prefix(country),
            defaults={
                "object_id": object_id,
                "label": label[:200],
                "reason": reason[:500],
                "stopped_at": now,
                "stopped_by_label": actor.label[:255],
            },
        )
        if not is_new:
            return Counts()
        counts = _sum([keeper.on_stop(standing, now) for keeper in _keepers])
        # The trail is sealed, so it names no number: campaigns hand in what they were writing after this moment.
        _record(standing, "stop", f"Stopped what is unsent: {standing.reason}", {}, actor, now)
    return counts


def lift(*, kind: Stop.Kind, object_id: UUID, actor: Actor, now: datetime, country: str = "", key: str = "") -> Counts:
    """End the stops of a record in a country, if there are any.

    Args:
        key: those of this key too, whatever record they came from: another one stands in for it.

    Returns:
        The messages that go on. Campaigns stay on hold until somebody resumes them.
    """
    total = [Counts()]
    with transaction.atomic(using=scoped_connection().alias):
        own = Q(object_id=object_id) | Q(key=key) if key else Q(object_id=object_id)
        for standing in Stop.objects.select_for_update().filter(own, kind=kind, prefix=_prefix(country)):
            ended = standing.pk
            standing.delete()
            standing.pk = ended
            counts = _sum([keeper.on_lift(standing, now) for keeper in _keepers])
            messages = f"{counts.messages:,} message{'' if counts.messages == 1 else 's'}"
            _record(standing, "lift", f"Let {messages} go on", counts._asdict(), actor, now)
            total.append(counts)
    return _sum(total)


def follow(
    *,
    kind: Stop.Kind,
    key: str,
    object_id: UUID,
    label: str,
    is_stopped: bool,
    reason: str,
    actor: Actor,
    now: datetime,
    country: str = "",
) -> Counts:
    """Stop or lift as a record's state says; one whose key changed is stopped under the new one."""
    if not is_stopped:
        return lift(kind=kind, object_id=object_id, actor=actor, now=now, country=country)
    own = Stop.objects.filter(kind=kind, object_id=object_id, prefix=_prefix(country))
    if own.exclude(key=key).exists():
        lift(kind=kind, object_id=object_id, actor=actor, now=now, country=country)
    return stop(
        kind=kind, key=key, object_id=object_id, label=label, reason=reason, actor=actor, now=now, country=country
    )


class Standing(NamedTuple):
    """A stop with what it keeps back at this moment, for pages."""

    stop: Stop
    counts: Counts


def standing_of(object_id: UUID) -> list[Standing]:
    """The stops of a record, with exact counts; two queries, and one more for each keeper when there are any."""
    stops = list(Stop.objects.filter(object_id=object_id).order_by("pk"))
    if not stops:
        return []
    kept = [keeper.kept(stops) for keeper in _keepers]
    return [Standing(each, _sum([found.get(each.pk, Counts()) for found in kept])) for each in stops]


def _prefix(country: str) -> str:
    return str(country_code_for_region(country)) if country else ""


def _sum(counts: list[Counts]) -> Counts:
    return Counts(sum(each.messages for each in counts), sum(each.campaigns for each in counts))


def _record(standing: Stop, verb: str, summary: str, counted: Mapping[str, int], actor: Actor, now: datetime) -> None:
    record(
        action=f"{standing.kind}.{verb}",
        actor=actor,
        object_type=standing.kind,
        object_id=standing.object_id,
        summary=summary[:500],
        after={"prefix": standing.prefix, "reason": standing.reason, **counted},
        now=now,
    )
