"""The pages: a campaign from an upload to its report in the browser, and nothing for strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.hygiene.statuses import RemovalKind
from campaigns.models import Campaign, Contact, ContactList, Import, NumberFailure
from campaigns.services import composing, estimates
from campaigns.services.failures import settle
from campaigns.tests.builders import (
    MAYA,
    NOW,
    PRICE,
    Cast,
    expand_all,
    make_campaign,
    make_cast,
    make_list,
    number,
    sign_in,
    start,
)
from campaigns.tests.files import again, csv_of, take_in, upload, work
from campaigns.urls import urlpatterns
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from kernel.telecom.numbers import mask
from tenants.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def maya(cast: Cast) -> Client:
    return sign_in(cast, Role.MARKETER)


def url(name: str, pk: object = None, *more: object) -> str:
    return reverse(f"campaigns:{name}", args=[pk, *more] if pk else [])


def text(response: Any) -> str:
    return str(response.content.decode())


def test_every_view_is_guarded() -> None:
    assert [p.name for p in urlpatterns if not hasattr(p.callback, "dakiya_access")] == []


def test_a_file_is_uploaded_mapped_and_imported(cast: Cast, maya: Client) -> None:
    file = SimpleUploadedFile("people.csv", csv_of(3) + b"\n080 2345 6789,Landline,1")
    answer = maya.post(url("import-new"), {"file": file, "name": "Customers", "region": "IN"})
    with tenant_context(cast.tenant_id):
        job = Import.objects.get()
    assert answer.headers["Location"] == url("import", job.pk)
    assert "being read" in text(maya.get(url("import", job.pk)))
    work(cast.tenant_id, job.pk)
    page = text(maya.get(url("import", job.pk)))
    assert mask(number(0)) in page
    assert number(0) not in page
    fields = {"region": "IN", "column-0": "phone", "column-1": "name", "column-2": "keep"}
    maya.post(url("import-confirm", job.pk), fields)
    assert "hx-get" in text(maya.get(url("import", job.pk)))
    work(cast.tenant_id, job.pk)
    live = maya.get(url("import-live", job.pk) + "?state=importing")
    assert (live.headers["HX-Refresh"], "hx-get" in text(live)) == ("true", False)
    report = text(maya.get(url("import", job.pk)))
    assert ("The number is a landline." in report, "080 2345 6789" in report) == (True, False)
    rejects: Any = maya.get(url("import-rejects", job.pk))
    assert b"FIXED_LINE" in b"".join(rejects.streaming_content)


def test_a_file_that_cannot_be_used_says_why_on_its_page(cast: Cast, maya: Client) -> None:
    job = upload(cast.tenant_id, b"PK\x03\x04")
    page = text(maya.get(url("import", job.pk)))
    assert "Excel workbook" in page
    assert "Save as" in page


def test_an_upload_without_a_list_is_sent_back(maya: Client) -> None:
    answer = maya.post(url("import-new"), {"file": SimpleUploadedFile("a.csv", b"x"), "region": "IN"})
    assert (answer.status_code, "Give the new list a name" in text(answer)) == (422, True)


def test_an_empty_file_is_taken_and_refused_in_words(cast: Cast, maya: Client) -> None:
    maya.post(url("import-new"), {"file": SimpleUploadedFile("a.csv", b""), "name": "A", "region": "IN"})
    with tenant_context(cast.tenant_id):
        job = Import.objects.get()
    work(cast.tenant_id, job.pk)
    assert "The file is empty." in text(maya.get(url("import", job.pk)))


def test_the_same_file_asks_before_it_is_imported_again(cast: Cast, maya: Client) -> None:
    take_in(cast.tenant_id, csv_of(2))
    job = upload(cast.tenant_id, csv_of(2), name="Other")
    fields = {"region": "IN", "column-0": "phone", "column-1": "name", "column-2": "keep"}
    assert "imported before" in text(maya.get(url("import", job.pk)))
    refused = maya.post(url("import-confirm", job.pk), fields)
    assert (refused.status_code, "Tick" in text(refused)) == (422, True)
    maya.post(url("import-confirm", job.pk), {**fields, "again": "on"})
    assert again(cast.tenant_id, job.pk).state == "importing"


def test_a_file_can_be_read_differently_or_left_alone(cast: Cast, maya: Client) -> None:
    job = upload(cast.tenant_id, csv_of(2))
    maya.post(url("import-read-again", job.pk), {"delimiter": ";", "region": "IN"})
    assert again(cast.tenant_id, job.pk).state == "reading"
    assert work(cast.tenant_id, job.pk).delimiter == ";"
    maya.post(url("import-cancel", job.pk))
    assert again(cast.tenant_id, job.pk).state == "cancelled"


def test_lists_and_contacts_are_shown_with_masked_numbers(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        people = make_list(count=2)
        contact = Contact.objects.get(phone=number(1))
    for address in (url("list", people.pk), url("contacts"), url("contact", contact.pk)):
        page = text(maya.get(address))
        assert mask(number(1)) in page
        assert number(1) not in page
    assert number(1) in text(sign_in(cast).get(url("contact", contact.pk)))


def test_lists_cost_the_same_queries_whatever_their_length(cast: Cast, django_assert_max_num_queries: Any) -> None:
    owner = sign_in(cast)
    with tenant_context(cast.tenant_id):
        people = make_list(count=60)
        for index in range(5):
            make_campaign(cast, people, name=f"Campaign {index}")
    for address in (url("campaigns"), url("lists"), url("contacts"), url("list", people.pk), url("imports")):
        with django_assert_max_num_queries(11) as queries:
            assert owner.get(address).status_code == 200
        assert not [query for query in queries.captured_queries if "OFFSET" in query["sql"]]
    assert "before=" in text(owner.get(url("list", people.pk)))


def test_a_campaign_is_composed_in_four_steps_and_launched(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        people = make_list(count=3)
    answer = maya.post(url("campaign-new"), {"name": "Diwali", "lists": [str(people.pk)]})
    with tenant_context(cast.tenant_id):
        campaign = Campaign.objects.get()
    assert answer.headers["Location"] == url("campaign-message", campaign.pk)
    page = text(maya.get(url("campaign-message", campaign.pk) + f"?template={cast.template_id}"))
    assert "Dear Person 0, your order A1 is on its way. -ACME" in page
    fields = {"template": str(cast.template_id), "source-0": "c:name", "source-1": "=", "text-1": "B7"}
    preview = text(maya.post(url("campaign-preview", campaign.pk), fields))
    assert "Dear Person 0, your order B7 is on its way. -ACME" in preview
    answer = maya.post(url("campaign-message", campaign.pk), fields)
    assert answer.headers["Location"] == url("campaign-schedule", campaign.pk)
    answer = maya.post(url("campaign-schedule", campaign.pk), {"when": "now", "zone": "Asia/Kolkata"})
    assert answer.headers["Location"] == url("campaign-check", campaign.pk)
    check = text(maya.get(url("campaign-check", campaign.pk)))
    assert "₹0.45" in check
    assert maya.post(url("campaign-launch", campaign.pk)).headers["Location"] == url("campaign", campaign.pk)
    with tenant_context(cast.tenant_id):
        campaign.refresh_from_db()
    assert campaign.state == "scheduled"
    assert "Take back" in text(maya.get(url("campaign", campaign.pk)))


def test_going_back_keeps_what_was_entered(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
    assert 'value="Diwali"' in text(maya.get(url("campaign-audience", campaign.pk)))
    assert f'<option value="{cast.template_id}" selected>' in text(maya.get(url("campaign-message", campaign.pk)))
    assert '<option value="c:order" selected>' in text(maya.get(url("campaign-message", campaign.pk)))


def test_a_variable_without_source_is_sent_back(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
    fields = {"template": str(cast.template_id), "source-0": "c:name", "source-1": ""}
    refused = maya.post(url("campaign-message", campaign.pk), fields)
    assert (refused.status_code, "Nothing fills “order”" in text(refused)) == (422, True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"when": "later", "local": "2020-01-01T10:00", "zone": "Asia/Kolkata"}, "is over"),
        ({"when": "later", "local": "2027-03-28T02:30", "zone": "Europe/Berlin"}, "Choose 01:30 or 03:30"),
        ({"when": "later", "local": "2027-10-31T02:30", "zone": "Europe/Berlin"}, "happens twice"),
        ({"when": "later", "local": "", "zone": "Asia/Kolkata"}, "Choose date and time"),
        ({"when": "now", "zone": "Mars/Base"}, "Mars/Base"),
        ({"when": "now", "not_after": "2020-01-01T10:00", "zone": "Asia/Kolkata"}, "before it begins"),
    ],
)
def test_a_time_that_cannot_be_is_sent_back_with_its_remedy(
    cast: Cast, maya: Client, fields: dict[str, str], words: str
) -> None:
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
    refused = maya.post(url("campaign-schedule", campaign.pk), fields)
    assert (refused.status_code, words in text(refused)) == (422, True)


def test_the_second_time_of_a_repeated_hour_can_be_meant(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list())
    fields = {"when": "later", "local": "2027-10-31T02:30", "zone": "Europe/Berlin", "occurrence": "second"}
    assert maya.post(url("campaign-schedule", campaign.pk), fields).status_code == 302
    with tenant_context(cast.tenant_id):
        campaign.refresh_from_db()
    assert campaign.send_at is not None
    assert campaign.send_at.isoformat() == "2027-10-31T01:30:00+00:00"


def test_an_incomplete_draft_is_not_launched(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        campaign = composing.create_campaign(name="Empty", zone="Asia/Kolkata", actor=MAYA, now=NOW)
    refused = maya.post(url("campaign-launch", campaign.pk))
    assert (refused.status_code, "no recipients" in text(refused)) == (422, True)


def test_a_large_audience_is_counted_by_a_worker(cast: Cast, maya: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "EXACT_LIMIT", 2)
    monkeypatch.setattr(estimates, "SAMPLE", 2)
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list(count=4))
    page = text(maya.get(url("campaign-check", campaign.pk)))
    assert "everybody is being counted" in page
    with tenant_context(cast.tenant_id):
        campaign.refresh_from_db()
        token = (campaign.estimate or {})["token"]
        counted = estimates.Estimate(people=4, looked_at=4, sendable=4, micros=4 * PRICE)
        estimates.keep_count(campaign_id=campaign.pk, token=token, estimate=counted)
    assert "hx-get" not in text(maya.get(url("campaign-cost", campaign.pk)))


def test_the_page_of_a_running_campaign_polls_and_accounts_for_everybody(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list("A", 2), make_list("B", 3, start=10, other="x")))
        expand_all(run)
    page = text(maya.get(url("campaign", run.campaign_id)))
    assert 'hx-trigger="every 2s"' in page
    assert "The template has a variable for which no value was given." in page
    same, moved = (
        text(maya.get(url("campaign-live", run.campaign_id) + f"?state={s}")) for s in ("sending", "preparing")
    )
    assert ("campaign-actions" in same, "campaign-actions" in moved) == (False, True)
    assert "Cancel the rest" in moved
    blocked = text(maya.get(url("campaign-messages", run.campaign_id) + "?term=blocked"))
    assert (mask(number(10)) in blocked, mask(number(0)) in blocked) == (True, False)


def test_levers_do_what_they_say_and_old_pages_are_told(cast: Cast, maya: Client) -> None:
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list(count=3)))
    for verb, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
        maya.post(url("campaign-act", run.campaign_id, verb))
        with tenant_context(cast.tenant_id):
            assert Campaign.objects.get().state == state
    answer = maya.post(url("campaign-act", run.campaign_id, "pause"), follow=True)
    assert "it cannot be paused" in text(answer)
    assert maya.post(url("campaign-act", run.campaign_id, "explode")).status_code == 404
    cancelled = text(maya.get(url("campaign-messages", run.campaign_id) + "?term=cancelled"))
    assert (mask(number(2)) in cancelled, "nothing was charged" in cancelled) == (True, True)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (number(0), "waits for its turn"),
        (number(10), "No value was given for"),
        (number(77), "none of your contacts"),
        (number(50), "was not on the campaign"),
        ("12345", "too few digits"),
    ],
)
def test_why_not_answers_for_any_number(cast: Cast, maya: Client, asked: str, words: str) -> None:
    with tenant_context(cast.tenant_id):
        make_list("Outside", 1, start=50)
        run = start(make_campaign(cast, make_list("A", 2), make_list("B", 1, start=10, other="x")))
        expand_all(run)
    answer = maya.get(url("campaign-why", run.campaign_id), {"number": asked}, headers={"HX-Request": "true"})
    assert words in text(answer)
    assert "<html" not in text(answer)


def test_a_viewer_reads_and_moves_nothing(cast: Cast) -> None:
    viewer, finance = sign_in(cast, Role.VIEWER), sign_in(cast, Role.FINANCE)
    with tenant_context(cast.tenant_id):
        run = start(make_campaign(cast, make_list()))
    assert viewer.get(url("campaign", run.campaign_id)).status_code == 200
    assert viewer.post(url("campaign-act", run.campaign_id, "cancel")).status_code == 403
    assert viewer.get(url("lists")).status_code == 403
    assert finance.get(url("campaign", run.campaign_id)).status_code == 200
    assert finance.get(url("campaign-messages", run.campaign_id)).status_code == 403


@pytest.fixture
def everything(cast: Cast) -> dict[str, object]:
    """One of each thing, by the names of the URLs that show it."""
    job = upload(cast.tenant_id, csv_of(2))
    with tenant_context(cast.tenant_id):
        people = make_list()
        run = start(make_campaign(cast, people))
        contact = Contact.objects.get(phone=number(0))
        failed = NumberFailure.objects.create(
            phone=number(1), failures=3, last_code="invalid_number", last_message_id=uuid7(), last_at=NOW
        )
        removal = settle(kind=RemovalKind.REMOVE, failure_ids=[failed.pk], actor=MAYA, now=NOW)
    made = {"contact": contact, "list": people, "import": job, "removal": removal}
    return {**{name: each.pk for name, each in made.items()}, "campaign": run.campaign_id}


@pytest.mark.parametrize("pattern", [p for p in urlpatterns if "<uuid:pk>" in str(p.pattern)], ids=lambda p: p.name)
def test_another_tenant_gets_404(everything: dict[str, object], pattern: Any) -> None:
    stranger = sign_in(make_cast())
    key = everything[pattern.name.split("-")[0]]
    address = url(pattern.name, key, *(["cancel"] if pattern.name == "campaign-act" else []))
    answers = {stranger.get(address).status_code, stranger.post(address).status_code}
    assert answers <= {404, 405}
    assert 404 in answers


def test_lists_of_another_tenant_are_no_audience(cast: Cast) -> None:
    stranger = make_cast()
    with tenant_context(cast.tenant_id):
        people = make_list()
    answer = sign_in(stranger).post(url("campaign-new"), {"name": "Theirs", "lists": [str(people.pk)]})
    assert answer.status_code == 422
    with tenant_context(stranger.tenant_id):
        assert not ContactList.objects.exists()
        assert not Campaign.objects.exists()
