"""The page about recipients: writers read it, reviewers choose."""

from __future__ import annotations

from audit.models import Entry
from compliance.models import Destination, OutsideHours
from compliance.services.recipients import choices, close_destination
from compliance.tests.builders import NOW, WRITER
from compliance.tests.company import Company, make_company

PAGE = "/compliance/recipients/"
CHOICES = {"outside_hours": "refuse", "duplicate_minutes": 5, "promotions_per_day": 2, "promotions_per_week": 0}


def test_reviewers_choose_and_writers_read(company: Company) -> None:
    assert company.maya.post(PAGE + "choose/", CHOICES).status_code == 403
    assert company.omar.post(PAGE + "choose/", CHOICES).status_code == 302
    with company.inside():
        assert (choices().outside_hours, choices().duplicate_minutes) == (OutsideHours.REFUSE, 5)
        entry = Entry.objects.get(action="recipients.choose")
        assert entry.after == {"outside_hours": "refuse", "duplicate_minutes": 5, "promotions_per_day": 2}
    assert "It is refused" in company.maya.get(PAGE).content.decode()


def test_numbers_out_of_reach_are_told_beside_the_field(company: Company) -> None:
    page = company.omar.post(PAGE + "choose/", {**CHOICES, "duplicate_minutes": 9_999})
    assert page.status_code == 422
    assert "1440" in page.content.decode()


def test_a_destination_is_opened_with_a_cap_and_taken_back(company: Company) -> None:
    opened = {"digits": "+92", "what": "0", "daily_cap": 50, "note": "Branch in Lahore"}
    assert company.omar.post(PAGE + "destinations/", {**opened, "daily_cap": ""}).status_code == 422
    assert company.omar.post(PAGE + "destinations/", opened).status_code == 302
    page = company.maya.get(PAGE).content.decode()
    assert "Open for otp" in page
    assert "50 at most" in page
    with company.inside():
        pk = Destination.objects.get().pk
    assert company.maya.post(f"{PAGE}destinations/{pk}/forget/").status_code == 403
    assert company.omar.post(f"{PAGE}destinations/{pk}/forget/").status_code == 302
    with company.inside():
        assert not Destination.objects.exists()


def test_another_organisations_destination_is_not_found(company: Company) -> None:
    other = make_company()
    with other.inside():
        made = close_destination(prefix="+92", actor=WRITER, now=NOW)
    assert company.omar.post(f"{PAGE}destinations/{made.pk}/forget/").status_code == 404
    assert "+92…" not in company.omar.get(PAGE).content.decode()
