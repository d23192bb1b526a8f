"""Seed numbers and probes: whether what an operator's receipts say is true (docs/rules.md#probes)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from audit.services import Actor, record_for_platform
from kernel.db.tenancy import scoped_connection
from kernel.domain.errors import DomainError
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import country_of
from routing.models import Probe, Route, SeedNumber

# Probes count for so long.
WATCHED: Final = timedelta(days=7)
# So many that were reported delivered and did not arrive are no accident of one phone.
CONTRADICTIONS: Final = 2


class SeedKnown(DomainError):
    """Raised for a number that is on the list."""

    def __init__(self, number: str) -> None:
        super().__init__("seed_known", f"{number} is on the list.", "Give another number.", field="number")


@dataclass(frozen=True, slots=True)
class ProbeSums:
    """Probes of one route: sent; with an ending at the operator; those of them that a person confirmed (`judged`), and
    of the judged how many the operator reports delivered, how many arrived, and how many are reported and did not.
    """

    sent: int = 0
    ended: int = 0
    judged: int = 0
    delivered: int = 0
    arrived: int = 0
    contradicted: int = 0

    @property
    def is_alarming(self) -> bool:
        return self.contradicted >= CONTRADICTIONS

    @property
    def sentence(self) -> str:
        """What receipts and people say; empty while nothing can be compared."""
        if not self.judged:
            return ""
        return (
            f"{self.delivered} of {self.judged} receipts say delivered, {self.arrived} of {self.judged}"
            f" {'probe' if self.judged == 1 else 'probes'} arrived"
        )


def sums_of(probes: Iterable[Probe]) -> ProbeSums:
    """Over probes of one route."""
    known = list(probes)
    ended = [probe for probe in known if probe.receipt_at is not None]
    judged = [probe for probe in ended if probe.verdict]
    return ProbeSums(
        sent=len(known),
        ended=len(ended),
        judged=len(judged),
        delivered=sum(probe.is_delivered for probe in judged),
        arrived=sum(probe.verdict == Probe.Verdict.ARRIVED for probe in judged),
        contradicted=sum(probe.is_delivered and probe.verdict == Probe.Verdict.MISSING for probe in judged),
    )


def probe_sums(now: datetime, *, route_id: int | None = None) -> dict[int, ProbeSums]:
    """Of the last seven days, by route; one query. Routes without probes are left out."""
    found = Probe.objects.filter(sent_at__gt=now - WATCHED)
    if route_id is not None:
        found = found.filter(route_id=route_id)
    by_route: dict[int, list[Probe]] = {}
    for probe in found:
        by_route.setdefault(probe.route_id, []).append(probe)
    return {each: sums_of(probes) for each, probes in by_route.items()}


def add_seed(*, number: E164, label: str, actor: Actor, now: datetime) -> SeedNumber:
    """Put a phone on the list, or a retired one back on it.

    Raises:
        SeedKnown: it is there.
    """
    with transaction.atomic(using=scoped_connection().alias):
        seed, is_new = SeedNumber.objects.get_or_create(
            number=number, defaults={"label": label, "country": country_of(number)}
        )
        if not is_new:
            if seed.retired_at is None:
                raise SeedKnown(number)
            seed.label, seed.retired_at = label, None
            seed.save(update_fields=["label", "retired_at"])
        _record("seed.add", seed, f"Put the phone {label} on the list of seed numbers", actor, now)
    return seed


def retire_seed(*, seed_id: int, actor: Actor, now: datetime) -> SeedNumber:
    """Send no more probes to it; what was sent stays. Again it changes nothing."""
    with transaction.atomic(using=scoped_connection().alias):
        seed = SeedNumber.objects.select_for_update().get(pk=seed_id)
        if seed.retired_at is None:
            seed.retired_at = now
            seed.save(update_fields=["retired_at"])
            _record("seed.retire", seed, f"Took the phone {seed.label} off the list of seed numbers", actor, now)
    return seed


def note_probe(
    *, route: Route, seed: SeedNumber, tenant_id: UUID, message_id: UUID, actor: Actor, now: datetime
) -> Probe:
    """Write down that a message was accepted as a probe."""
    with transaction.atomic(using=scoped_connection().alias):
        probe = Probe.objects.create(
            route=route,
            seed=seed,
            organisation_id=tenant_id,
            message_id=message_id,
            sent_at=now,
            actor_label=actor.label,
        )
        _record_of_route("route.probe", probe, f"Sent a probe to {seed.label} over {route.name}", actor, now)
    return probe


def confirm_probe(*, probe_id: int, verdict: Probe.Verdict, actor: Actor, now: datetime) -> Probe:
    """What the holder of the phone says; a later word replaces an earlier one, and both stand in the audit trail."""
    with transaction.atomic(using=scoped_connection().alias):
        probe = Probe.objects.select_for_update(of=["self"]).select_related("seed", "route").get(pk=probe_id)
        before, probe.verdict = probe.verdict, verdict
        probe.confirmed_at, probe.confirmed_by = now, actor.label
        probe.save(update_fields=["verdict", "confirmed_at", "confirmed_by"])
        summary = f"The probe to {probe.seed.label} over {probe.route.name}: {verdict.label.lower()}"
        changes = {"verdict": before}, {"verdict": verdict.value}
        _record_of_route("route.confirm_probe", probe, summary, actor, now, *changes)
    return probe


def _record(action: str, seed: SeedNumber, summary: str, actor: Actor, now: datetime) -> None:
    record_for_platform(action=action, actor=actor, object_type="seed_number", number=seed.pk, summary=summary, now=now)


def _record_of_route(
    action: str,
    probe: Probe,
    summary: str,
    actor: Actor,
    now: datetime,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    record_for_platform(
        action=action,
        actor=actor,
        object_type="route",
        number=probe.route_id,
        summary=summary,
        before=before,
        after=after,
        now=now,
    )
