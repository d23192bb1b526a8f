from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import UUID

import pytest

from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from messaging import queries
from messaging.statuses import BatchState, Status, Term
from messaging.tests.rows import TEXT, correct, finish, make_messages, submit, write_operator_ids

CAMPAIGN = uuid7()


@pytest.fixture
def tenant_id(db: None) -> Iterator[UUID]:
    """The test runs as this tenant."""
    value = uuid7()
    with tenant_context(value):
        yield value


@pytest.mark.usefixtures("tenant_id")
def test_every_final_message_counts_in_exactly_one_term() -> None:
    rows = make_messages(12, campaign_id=CAMPAIGN)
    finish(rows[:5], Status.DELIVERED)
    finish(rows[5:7], Status.UNDELIVERED, "undeliverable")
    finish(rows[7:8], Status.REJECTED, "invalid_number")
    finish(rows[8:9], Status.BLOCKED, "opted_out")
    counts = queries.outcome_counts(CAMPAIGN)
    assert counts[Term.DELIVERED] == 5
    assert counts[Term.FAILED] == 3
    assert counts[Term.BLOCKED] == 1
    assert sum(counts.values()) == 9
    assert Term.WAITING not in counts


@pytest.mark.usefixtures("tenant_id")
def test_a_correction_moves_messages_from_unknown_to_their_outcome() -> None:
    rows = make_messages(5, campaign_id=CAMPAIGN)
    finish(rows, Status.UNKNOWN, "outcome_unknown")
    correct(rows[:3], Status.DELIVERED)
    counts = queries.outcome_counts(CAMPAIGN)
    assert (counts[Term.UNKNOWN], counts[Term.DELIVERED]) == (2, 3)
    assert queries.failure_counts(CAMPAIGN) == [("outcome_unknown", Status.UNKNOWN, 2)]


@pytest.mark.usefixtures("tenant_id")
def test_failures_are_counted_by_code_the_most_frequent_first() -> None:
    rows = make_messages(6, campaign_id=CAMPAIGN)
    finish(rows[:1], Status.REJECTED, "invalid_number")
    finish(rows[1:3], Status.UNDELIVERED, "undeliverable")
    finish(rows[3:4], Status.UNDELIVERED, "undeliverable")
    finish(rows[4:], Status.DELIVERED)
    assert queries.failure_counts(CAMPAIGN) == [
        ("undeliverable", Status.UNDELIVERED, 3),
        ("invalid_number", Status.REJECTED, 1),
    ]


def walk(term: Term, size: int) -> tuple[list[UUID], list[str | None]]:
    """All ids of a term, page by page, and the keys that lead back from each page."""
    seen, before, backs = [], None, []
    while True:
        page = queries.messages_of(CAMPAIGN, term, before=before, size=size)
        seen += [row.id for row in page.rows]
        backs.append(page.newer)
        if page.older is None:
            return seen, backs
        before = page.older


@pytest.mark.usefixtures("tenant_id")
@pytest.mark.parametrize("size", [1, 3, 4, 100])
def test_pages_of_a_term_show_every_message_once_across_events_and_outcomes(size: int) -> None:
    rows = make_messages(11, campaign_id=CAMPAIGN)
    finish(rows[:4], Status.UNDELIVERED, "undeliverable")
    finish(rows[4:6], Status.DELIVERED)
    finish(rows[6:9], Status.REJECTED, "invalid_number")
    finish(rows[9:10], Status.FAILED, "route_unavailable")
    seen, _ = walk(Term.FAILED, size)
    assert seen == [row.id for row in [rows[9], *rows[8:5:-1], *rows[3::-1]]]


@pytest.mark.usefixtures("tenant_id")
def test_a_page_leads_back_to_the_newer_one() -> None:
    rows = make_messages(7, campaign_id=CAMPAIGN)
    finish(rows[:4], Status.DELIVERED)
    finish(rows[4:], Status.DELIVERED)
    first = queries.messages_of(CAMPAIGN, Term.DELIVERED, size=3)
    second = queries.messages_of(CAMPAIGN, Term.DELIVERED, before=first.older, size=3)
    again = queries.messages_of(CAMPAIGN, Term.DELIVERED, after=second.newer, size=3)
    assert [row.id for row in again.rows] == [row.id for row in first.rows]
    assert again.newer is None
    assert again.older == first.older


@pytest.mark.usefixtures("tenant_id")
def test_corrected_messages_leave_the_list_of_the_unknown() -> None:
    rows = make_messages(6, campaign_id=CAMPAIGN)
    finish(rows, Status.UNKNOWN, "outcome_unknown")
    correct(rows[2:], Status.DELIVERED)
    seen, _ = walk(Term.UNKNOWN, 2)
    assert seen == [rows[1].id, rows[0].id]


@pytest.mark.usefixtures("tenant_id")
def test_waiting_lists_what_is_written_and_not_final() -> None:
    rows = make_messages(4, campaign_id=CAMPAIGN)
    finish(rows[:1], Status.DELIVERED)
    seen, backs = walk(Term.WAITING, 2)
    assert seen == [rows[3].id, rows[2].id, rows[1].id]
    assert backs == [None, str(rows[1].id)]


@pytest.mark.usefixtures("tenant_id")
def test_a_page_costs_three_queries_however_many_events_there_are(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    rows = make_messages(60, campaign_id=CAMPAIGN)
    for number in range(0, 60, 5):
        finish(rows[number : number + 5], Status.DELIVERED)
    with django_assert_num_queries(3):
        assert len(queries.messages_of(CAMPAIGN, Term.DELIVERED).rows) == 50


@pytest.mark.usefixtures("tenant_id")
@pytest.mark.parametrize("key", ["", "x", "1", "1.", "9.9.9", "-1.0", "٣.٤", "01a21127-3557-7a9c-96a0-45e4fc38281a"])
def test_an_unreadable_key_shows_the_newest_page(key: str) -> None:
    rows = make_messages(2, campaign_id=CAMPAIGN)
    finish(rows, Status.DELIVERED)
    assert len(queries.messages_of(CAMPAIGN, Term.DELIVERED, before=key).rows) == 2


def test_another_tenant_sees_no_counts_and_no_messages(tenant_id: UUID) -> None:
    rows = make_messages(2, campaign_id=CAMPAIGN)
    finish(rows[:1], Status.DELIVERED)
    with tenant_context(uuid7()):
        assert sum(queries.outcome_counts(CAMPAIGN).values()) == 0
        assert queries.failure_counts(CAMPAIGN) == []
        assert queries.messages_of(CAMPAIGN, Term.DELIVERED).rows == []
        assert queries.messages_of(CAMPAIGN, Term.WAITING).rows == []
        assert queries.texts_of(rows) == {}


@pytest.mark.usefixtures("tenant_id")
@pytest.mark.parametrize(
    ("state", "sent_upto", "current"),
    [
        (BatchState.READY, 0, Status.ACCEPTED),
        (BatchState.LEASED, 0, Status.QUEUED),
        (BatchState.LEASED, 1, Status.SUBMITTED),
        (BatchState.READY, 1, Status.SUBMITTED),
        (BatchState.HELD, 0, Status.ACCEPTED),
        (BatchState.SENT, 0, Status.SUBMITTED),
    ],
)
def test_what_a_message_is_between_its_ends_is_read_from_its_batch(
    state: BatchState, sent_upto: int, current: Status
) -> None:
    (message,) = make_messages(1, state=state, sent_upto=sent_upto)
    assert queries.current_status(message) is current


@pytest.mark.usefixtures("tenant_id")
def test_a_message_waiting_for_its_time_is_scheduled() -> None:
    (message,) = make_messages(1, state=BatchState.WAITING, status=Status.SCHEDULED)
    assert queries.current_status(message) is Status.SCHEDULED


@pytest.mark.usefixtures("tenant_id")
def test_an_operators_id_says_that_a_message_was_submitted() -> None:
    first, second = make_messages(2, state=BatchState.READY)
    write_operator_ids([first])
    assert queries.current_statuses([first, second]) == {first.id: Status.SUBMITTED, second.id: Status.ACCEPTED}


@pytest.mark.usefixtures("tenant_id")
def test_current_statuses_of_a_page_cost_one_query(
    django_assert_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    rows = make_messages(5) + make_messages(5, state=BatchState.READY)
    submit(rows[:2])
    with django_assert_num_queries(1):
        assert len(queries.current_statuses(rows)) == 10


@pytest.mark.usefixtures("tenant_id")
def test_texts_are_found_by_the_retention_they_were_kept_for() -> None:
    rows = make_messages(2) + make_messages(1, retention_days=1)
    assert queries.texts_of(rows) == {row.id: TEXT for row in rows}
    rows[0].retention_days = 90
    assert queries.text_of(rows[0]) is None
