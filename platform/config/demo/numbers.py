"""What the demo knows about numbers: a source to look them up, and a list that was examined."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from audit.services import SYSTEM, Actor
from campaigns.models import ContactList, ListReport
from campaigns.services.hygiene import count_stride, request_report
from routing.models import LookupSource
from routing.services.lookups import LookupDraft, save_source

PRICE_MICROS: Final = 50_000
COST_MICROS: Final = 30_000


def ensure_lookups(now: datetime) -> None:
    """A source that answers by the end of the number (docs/adding-a-lookup.md)."""
    if LookupSource.objects.exists():
        return
    draft = LookupDraft(
        "Number portability",
        {"slow_ms": 2_000},
        cost_micros=COST_MICROS,
        price_micros=PRICE_MICROS,
        is_active=True,
    )
    save_source(draft=draft, kind="simulator", actor=SYSTEM, now=now)


def ensure_report(list_name: str, actor: Actor, now: datetime) -> None:
    """The list is examined, in the tenant's context."""
    people = ContactList.objects.filter(name=list_name).first()
    if people is None or ListReport.objects.filter(contact_list=people).exists():
        return
    report = request_report(list_id=people.pk, actor=actor, now=now)
    while count_stride(report_id=report.pk, now=now):
        continue
