"""Reports on lists, look-ups and their money, and what the score is made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
from django.utils import timezone

from audit.services import SYSTEM
from billing.audit import audit_books
from billing.models import LedgerEntry, Wallet
from campaigns.hygiene.counting import Counts
from campaigns.hygiene.score import parts_of, score_of
from campaigns.hygiene.statuses import VerificationScope
from campaigns.models import ContactList, ListReport, LookupAnswer, NumberFailure, Verification
from campaigns.services import hygiene, verifying
from campaigns.services.contacts import Person, create_contacts
from campaigns.tests.builders import MAYA, NOW, Cast, make_list, number
from compliance.services import opt_out
from kernel.db.clock import database_now
from kernel.db.tenancy import tenant_context
from kernel.telecom.e164 import E164
from messaging.statuses import Status
from messaging.tests.rows import make_messages
from routing.models import LookupSource
from routing.services.lookups import LookupDraft, save_source

PRICE: Final = 40_000
LATER: Final = timedelta(seconds=1)


def make_source(**fields: Any) -> LookupSource:
    draft = LookupDraft("Numbers", {"slow_ms": 0}, price_micros=PRICE, is_active=True, **fields)
    return save_source(draft=draft, actor=SYSTEM, now=NOW, kind="simulator")


def examined(people: ContactList, *, limit: int = 100) -> ListReport:
    """The list's report, counted to its end."""
    report = hygiene.request_report(list_id=people.pk, actor=MAYA, now=timezone.now())
    while hygiene.count_stride(report_id=report.pk, now=timezone.now(), limit=limit):
        continue
    report.refresh_from_db()
    return report


def add(people: ContactList, *numbers: str) -> None:
    create_contacts(people=[Person(E164(each), "", {}) for each in numbers], list_id=people.pk, now=NOW)
    people.refresh_from_db()


def delivered(phone: str, status: Status = Status.DELIVERED, **fields: Any) -> None:
    make_messages(recipient=phone, status=status, final_at=timezone.now(), **fields)


def test_a_report_counts_lines_countries_wishes_and_deliveries(inside: Cast) -> None:
    people = make_list("All sorts", 3)
    add(people, "+918023456789", "+12025550123", "+447911123456")
    opt_out(recipient=number(0), now=NOW)
    delivered(number(1))
    delivered(number(2), Status.FAILED, error_code="invalid_number")
    counts = Counts.from_json(examined(people).counts)
    assert (counts.people, counts.usable, counts.opted_out, counts.suspicious) == (6, 5, 1, 1)
    assert counts.lines == {"mobile": 4, "landline": 1, "either": 1}
    assert counts.countries["IN"] == 4
    assert counts.lately == {"never": 4, "month": 1, "undelivered": 1}


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_list_is_counted_in_strides_of_any_length(inside: Cast, limit: int) -> None:
    report = examined(make_list("People", 7), limit=limit)
    assert (report.state, report.counted) == ("done", 7)


def test_a_second_request_finds_the_report_that_is_being_counted(inside: Cast) -> None:
    people = make_list("People", 2)
    first = hygiene.request_report(list_id=people.pk, actor=MAYA, now=NOW)
    assert hygiene.request_report(list_id=people.pk, actor=MAYA, now=NOW) == first


def test_a_report_that_lost_its_worker_is_found_once(cast: Cast) -> None:
    with tenant_context(cast.tenant_id):
        report = hygiene.request_report(list_id=make_list("People", 2).pk, actor=MAYA, now=NOW)
    later = NOW + hygiene.PATIENCE + LATER
    assert hygiene.lost_reports(now=later) == [(cast.tenant_id, report.pk)]
    assert hygiene.lost_reports(now=later) == []


def test_few_old_reports_are_kept(inside: Cast) -> None:
    people = make_list("People", 1)
    for _ in range(hygiene.KEPT + 2):
        examined(people)
    assert ListReport.objects.filter(contact_list=people).count() == hygiene.KEPT


@pytest.mark.parametrize(
    ("counts", "score"),
    [
        (Counts(), 100),
        (Counts(people=100, usable=100, proven=100), 100),
        (Counts(people=100, usable=100), 90),
        (Counts(people=100, usable=90, proven=100), 85),
        (Counts(people=100, usable=100, proven=100, dead=10), 70),
        (Counts(people=100, usable=100, proven=100, unwilling=25), 80),
        (Counts(people=100, usable=100, proven=100, rows=100, repeats=25), 95),
        (Counts(people=100, dead=100, unwilling=100, rows=9, repeats=9), 0),
        (Counts(people=1_000_000, usable=999_999, proven=1_000_000), 99),
    ],
)
def test_each_part_of_the_score_loses_its_own_points(counts: Counts, score: int) -> None:
    parts = parts_of(counts)
    assert sum(part.most for part in parts) == 100
    assert score_of(parts) == score


def confirmed(people: ContactList, scope: VerificationScope = VerificationScope.ALL) -> Verification:
    """What a person does who saw the price."""
    (quote,) = [each for each in verifying.quotes_of(people.pk) if each.scope == scope]
    return verifying.start_verification(
        list_id=people.pk,
        scope=scope,
        confirmed_micros=quote.most_micros,
        confirmed_numbers=quote.numbers,
        actor=MAYA,
        now=timezone.now(),
    )


def looked_up(cast: Cast, *numbers: str, scope: VerificationScope = VerificationScope.ALL) -> Verification:
    """A list of these numbers, examined, looked up, as a worker does it."""
    with tenant_context(cast.tenant_id):
        people = make_list("People", 0)
        add(people, *numbers)
        examined(people)
        begun = confirmed(people, scope)
    verifying.run_verification(tenant_id=cast.tenant_id, verification_id=begun.pk, clock=database_now)
    with tenant_context(cast.tenant_id):
        begun.refresh_from_db()
    return begun


def test_answers_are_kept_and_paid_and_errors_are_not(cast: Cast) -> None:
    make_source()
    done = looked_up(cast, number(1), "+919876919101", "+919876919102", "+919876919105")
    assert (done.state, done.answered, done.failed, done.charged_micros) == ("done", 3, 1, 3 * PRICE)
    with tenant_context(cast.tenant_id):
        ported = LookupAnswer.objects.get(phone="+919876919102")
        assert (ported.status, ported.operator, ported.is_ported) == ("live", "Reliance Jio", True)
        entry = LedgerEntry.objects.get(kind="adjust")
        assert entry.amount_micros == -3 * PRICE
        assert audit_books(cast.tenant_id) == []


def test_a_look_up_changes_the_next_report_and_is_not_bought_again(cast: Cast) -> None:
    make_source()
    done = looked_up(cast, number(1), "+919876919101", "+919876919103")
    with tenant_context(cast.tenant_id):
        counts = Counts.from_json(examined(done.contact_list).counts)
        assert (counts.usable, counts.dead, counts.absent, counts.lines["landline"]) == (1, 1, 1, 1)
        assert (counts.looked_up, counts.to_look_up) == (3, 0)
        with pytest.raises(verifying.NothingToLookUp):
            confirmed(done.contact_list)


def test_only_the_suspicious_are_asked_about_when_that_was_wanted(cast: Cast) -> None:
    make_source()
    with tenant_context(cast.tenant_id):
        delivered(number(1), Status.UNDELIVERED, error_code="undeliverable")
        delivered(number(2))
    done = looked_up(cast, number(1), number(2), number(3), scope=VerificationScope.SUSPICIOUS)
    assert (done.most, done.answered) == (1, 1)
    with tenant_context(cast.tenant_id):
        assert LookupAnswer.objects.get().phone == number(1)


def test_strides_end_where_the_confirmed_number_ends(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make_source()
    monkeypatch.setattr(verifying, "STRIDE", 2)
    monkeypatch.setattr(verifying, "LOOKED_THROUGH", 3)
    done = looked_up(cast, *[number(index) for index in range(8)])
    assert (done.state, done.answered, done.charged_micros) == ("done", 8, 8 * PRICE)
    with tenant_context(cast.tenant_id):
        assert audit_books(cast.tenant_id) == []


def test_a_balance_that_ends_stops_the_look_up_before_anybody_is_asked(cast: Cast) -> None:
    make_source()
    with tenant_context(cast.tenant_id):
        Wallet.objects.update(credit_limit_micros=0, held_micros=0)
        people = make_list("People", 3)
        examined(people)
        begun = confirmed(people)
        Verification.objects.filter(pk=begun.pk).update(unit_micros=10**14)
    verifying.run_verification(tenant_id=cast.tenant_id, verification_id=begun.pk, clock=database_now)
    with tenant_context(cast.tenant_id):
        begun.refresh_from_db()
        assert (begun.state, (begun.problem or {})["code"]) == ("stopped", "insufficient_credit")
        assert not LookupAnswer.objects.exists()


def test_a_price_that_changed_is_confirmed_anew(inside: Cast) -> None:
    make_source()
    people = make_list("People", 3)
    examined(people)
    with pytest.raises(verifying.PriceChanged):
        verifying.start_verification(
            list_id=people.pk,
            scope=VerificationScope.ALL,
            confirmed_micros=PRICE,
            confirmed_numbers=3,
            actor=MAYA,
            now=NOW,
        )


def test_a_list_is_looked_up_once_at_a_time_and_can_be_stopped(inside: Cast) -> None:
    make_source()
    people = make_list("People", 3)
    examined(people)
    begun = confirmed(people)
    with pytest.raises(verifying.NothingToLookUp):
        confirmed(people)
    verifying.stop_verification(verification_id=begun.pk, actor=MAYA, now=NOW)
    begun.refresh_from_db()
    assert begun.state == "stopped"


def test_a_source_that_cannot_work_stops_the_look_up_with_its_words(cast: Cast) -> None:
    source = make_source()
    with tenant_context(cast.tenant_id):
        people = make_list("People", 3)
        examined(people)
        begun = confirmed(people)
    save_source(draft=LookupDraft("Numbers", {}, price_micros=PRICE), actor=SYSTEM, now=NOW, source_id=source.pk)
    verifying.run_verification(tenant_id=cast.tenant_id, verification_id=begun.pk, clock=database_now)
    with tenant_context(cast.tenant_id):
        begun.refresh_from_db()
        assert (begun.state, begun.charged_micros, (begun.problem or {})["code"]) == ("stopped", 0, "lookup_settings")


def test_a_number_that_failed_three_times_is_dead(inside: Cast) -> None:
    people = make_list("People", 2)
    NumberFailure.objects.create(
        phone=number(0), failures=3, last_code="invalid_number", last_message_id=people.pk, last_at=NOW
    )
    counts = Counts.from_json(examined(people).counts)
    assert (counts.dead, counts.failed_for_good) == (1, 1)
