"""Reports on lists: asked for by people, counted by a worker stride by stride, each a transaction of its own.

A killed worker leaves the report where its last commit says; whoever comes next counts on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from audit.services import Actor, record
from campaigns.errors import NotFound
from campaigns.hygiene.counting import Counts
from campaigns.hygiene.facts import PAGE, facts_of, members_after
from campaigns.hygiene.score import parts_of, score_of
from campaigns.hygiene.statuses import ReportState
from campaigns.models import ContactList, Import, ListReport
from kernel.db.tenancy import platform_context, scoped_connection
from routing.services.lookups import active_offer

KEPT: Final = 5
PATIENCE: Final = timedelta(seconds=60)
_USUAL_DAYS: Final = 30


def request_report(*, list_id: UUID, actor: Actor, now: datetime) -> ListReport:
    """A report to be counted; the one that is being counted already, if there is one. Older ones are dropped.

    Raises:
        NotFound: there is no such list.
    """
    with transaction.atomic(using=scoped_connection().alias):
        chosen = ContactList.objects.select_for_update().filter(pk=list_id).first()
        if chosen is None:
            raise NotFound("list")
        running = ListReport.objects.filter(contact_list=chosen, state=ReportState.COUNTING).first()
        if running is not None:
            return running
        old = ListReport.objects.filter(contact_list=chosen).order_by("-id").values_list("pk", flat=True)[KEPT - 1 :]
        ListReport.objects.filter(pk__in=list(old)).delete()
        made = ListReport.objects.create(contact_list=chosen, people=chosen.size, requested_at=now, touched_at=now)
        record(
            action="list.examine",
            actor=actor,
            object_type="contactlist",
            object_id=chosen.id,
            summary=f"Had the list “{chosen.name}” examined",
            now=now,
        )
    return made


def count_stride(*, report_id: UUID, now: datetime, limit: int = PAGE) -> bool:
    """Count the next people of a report and keep the sums; True when there is more to count.

    Two workers at once take turns on the row, and each counts other people.
    """
    with transaction.atomic(using=scoped_connection().alias):
        report = ListReport.objects.select_for_update().filter(pk=report_id, state=ReportState.COUNTING).first()
        if report is None:
            return False
        members = members_after(report.contact_list_id, report.position, limit)
        counts = Counts.from_json(report.counts)
        if members:
            facts = facts_of([member.phone for member in members], now)
            counts.add(facts, now=now, fresh_from=now - timedelta(days=_keep_days()))
            report.position = members[-1].contact_id
        if len(members) < limit:
            _finish(report, counts, now)
        report.counts, report.touched_at = counts.as_json(), now
        report.save()
    return report.is_running


def _finish(report: ListReport, counts: Counts, now: datetime) -> None:
    imports = Import.objects.filter(contact_list_id=report.contact_list_id)
    sums = imports.aggregate(added=Sum("added"), repeats=Sum(F("repeated") + F("already_listed")))
    counts.repeats = sums["repeats"] or 0
    counts.rows = (sums["added"] or 0) + counts.repeats
    parts = parts_of(counts)
    report.parts, report.score = [part.as_json() for part in parts], score_of(parts)
    report.state, report.finished_at = ReportState.DONE, now


def _keep_days() -> int:
    offer = active_offer()
    return offer.keep_days if offer else _USUAL_DAYS


def latest_report(list_id: UUID, *, finished: bool = False) -> ListReport | None:
    """The last report on a list, or the last that is finished."""
    reports = ListReport.objects.filter(contact_list_id=list_id).order_by("-id")
    return (reports.filter(state=ReportState.DONE) if finished else reports).first()


def scores_of(list_ids: Iterable[UUID]) -> dict[UUID, ListReport]:
    """The last finished report of each list that has one; one query."""
    done = ListReport.objects.filter(contact_list_id__in=list(list_ids), state=ReportState.DONE)
    latest = done.order_by("contact_list_id", "-id").distinct("contact_list_id")
    return {each.contact_list_id: each for each in latest}


def lost_reports(*, now: datetime, limit: int = 100) -> list[tuple[UUID, UUID]]:
    """(tenant, report) of reports whose worker is gone; each is named once in PATIENCE."""
    with platform_context(reason="find reports on lists that lost their worker"):
        lost = ListReport.objects.filter(state=ReportState.COUNTING, touched_at__lt=now - PATIENCE)
        rows = lost.order_by("touched_at").select_for_update(skip_locked=True)
        found = list(rows.values_list("tenant_id", "id")[:limit])
        ListReport.objects.filter(pk__in=[report_id for _, report_id in found]).update(touched_at=now)
    return found
