"""The pages of list hygiene and failed numbers, and the score where a campaign is checked."""

from __future__ import annotations

from django.test import Client

from campaigns.hygiene.statuses import VerificationState
from campaigns.models import ContactList, ListReport, Membership, NumberFailure, Removal, Verification
from campaigns.services import hygiene
from campaigns.services.verifying import quotes_of
from campaigns.tasks import examine_list, verify_list
from campaigns.tests.builders import MAYA, NOW, Cast, make_campaign, make_list, number, sign_in
from campaigns.tests.test_hygiene import PRICE, add, examined, make_source
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from tenants.roles import Role


def examined_list(cast: Cast, people: int = 3) -> ContactList:
    with tenant_context(cast.tenant_id):
        made = make_list("People", people)
        examined(made)
    return made


def fail(cast: Cast, *phones: str) -> None:
    with tenant_context(cast.tenant_id):
        for phone in phones:
            NumberFailure.objects.create(
                phone=phone, failures=3, last_code="invalid_number", last_message_id=uuid7(), last_at=NOW
            )


def page(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_a_list_is_examined_by_a_worker_and_shows_its_score(cast: Cast) -> None:
    with tenant_context(cast.tenant_id):
        people = make_list("People", 3)
    client = sign_in(cast)
    url = f"/lists/{people.pk}/hygiene/"
    assert "Not examined yet" in page(client, url)
    client.post(f"/lists/{people.pk}/examine/")
    assert "data-poll" in page(client, url)
    with tenant_context(cast.tenant_id):
        report = ListReport.objects.get()
    examine_list(str(cast.tenant_id), str(report.pk))
    shown = page(client, url)
    assert "Original operator" in shown
    assert "Numbers are ported" in shown
    assert "hygiene <span" in page(client, f"/lists/{people.pk}/")


def test_the_polled_part_loads_the_page_anew_when_all_is_done(cast: Cast) -> None:
    people = examined_list(cast)
    response = sign_in(cast).get(f"/lists/{people.pk}/hygiene/live/")
    assert response["HX-Refresh"] == "true"


def test_a_look_up_is_offered_with_its_price_and_begins_when_it_is_confirmed(cast: Cast) -> None:
    make_source()
    people = examined_list(cast)
    client = sign_in(cast)
    assert "₹0.12 at most" in page(client, f"/lists/{people.pk}/hygiene/")
    said = {"scope": "all", "confirmed_numbers": 3, "confirmed_micros": 3 * PRICE}
    client.post(f"/lists/{people.pk}/look-up/", said)
    with tenant_context(cast.tenant_id):
        begun = Verification.objects.get()
    assert "numbers looked up" in page(client, f"/lists/{people.pk}/hygiene/")
    verify_list(str(cast.tenant_id), str(begun.pk))
    shown = page(client, f"/lists/{people.pk}/hygiene/")
    assert "3 answers for ₹0.12" in shown


def test_another_price_than_the_confirmed_one_asks_nobody(cast: Cast) -> None:
    make_source()
    people = examined_list(cast)
    client = sign_in(cast)
    said = {"scope": "all", "confirmed_numbers": 3, "confirmed_micros": 1}
    response = client.post(f"/lists/{people.pk}/look-up/", said, follow=True)
    assert "Look at the new price" in response.content.decode()
    with tenant_context(cast.tenant_id):
        assert not Verification.objects.exists()


def test_a_look_up_is_stopped_by_a_button(cast: Cast) -> None:
    make_source()
    people = examined_list(cast)
    client = sign_in(cast)
    said = {"scope": "all", "confirmed_numbers": 3, "confirmed_micros": 3 * PRICE}
    client.post(f"/lists/{people.pk}/look-up/", said)
    client.post(f"/lists/{people.pk}/look-up/stop/")
    with tenant_context(cast.tenant_id):
        assert Verification.objects.get().state == VerificationState.STOPPED


def test_without_a_source_nothing_is_offered(cast: Cast) -> None:
    people = examined_list(cast)
    assert "no source is open" in page(sign_in(cast), f"/lists/{people.pk}/hygiene/")
    with tenant_context(cast.tenant_id):
        assert quotes_of(people.pk) == []


def test_the_score_stands_on_a_campaigns_check(cast: Cast) -> None:
    people = examined_list(cast)
    with tenant_context(cast.tenant_id):
        add(people, number(70))
        campaign = make_campaign(cast, people, make_list("Others", 2, start=50))
    shown = page(sign_in(cast), f"/campaigns/{campaign.pk}/check/")
    assert "90 of 100" in shown
    assert "not examined" in shown


def test_chosen_numbers_are_taken_off_lists_and_put_back(cast: Cast) -> None:
    with tenant_context(cast.tenant_id):
        make_list("People", 3)
    fail(cast, number(0), number(1))
    client = sign_in(cast, Role.MARKETER)
    shown = page(client, "/failed-numbers/")
    assert "does not exist" in shown
    assert number(0) not in shown
    with tenant_context(cast.tenant_id):
        chosen = str(NumberFailure.objects.get(phone=number(0)).pk)
    client.post("/failed-numbers/settle/", {"kind": "remove", "ids": [chosen]})
    with tenant_context(cast.tenant_id):
        assert Membership.objects.count() == 2
        made = Removal.objects.get()
    client.post(f"/failed-numbers/removals/{made.pk}/undo/")
    with tenant_context(cast.tenant_id):
        assert Membership.objects.count() == 3


def test_nothing_is_done_to_numbers_that_nobody_chose(cast: Cast) -> None:
    fail(cast, number(0))
    client = sign_in(cast)
    response = client.post("/failed-numbers/settle/", {"kind": "remove"}, follow=True)
    assert "Nothing was done" in response.content.decode()
    client.post("/failed-numbers/settle/", {"kind": "suppress", "everything": "on"})
    with tenant_context(cast.tenant_id):
        assert Removal.objects.get().numbers == 1


def test_the_report_of_a_request_names_the_list(cast: Cast) -> None:
    with tenant_context(cast.tenant_id):
        people = make_list("People", 1)
        report = hygiene.request_report(list_id=people.pk, actor=MAYA, now=NOW)
        assert (report.people, report.counted) == (1, 0)
