"""The page behind an opt-out link: for whoever holds it, and for nobody who guesses."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from compliance import services
from compliance.consent.links import LENGTH
from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.models import ConsentEvent, OptOut, OptOutLink
from compliance.services.consent import Proof
from compliance.services.opt_out_links import UNDO_WITHIN, link_behind
from compliance.statuses import OptOutSource
from compliance.tests.builders import ASHA, NOW, WRITER, make_sender
from compliance.tests.company import Company
from compliance.views.opt_out_page import MOST_MISSES
from kernel.domain.clock import utc_now
from kernel.telecom.e164 import E164

pytestmark = pytest.mark.django_db
PHONE: Any = {"REMOTE_ADDR": "203.0.113.9", "HTTP_USER_AGENT": "Phone/1.0"}


@pytest.fixture(autouse=True)
def _nobody_asked_before() -> None:
    cache.clear()


def path_of(company: Company, **scope: Any) -> str:
    with company.inside():
        if scope.get("sender"):
            make_sender(scope["sender"])
        given = {"sender": None, "topic": None, **scope}
        (url,) = services.make_links(recipients=[ASHA], now=NOW, **given)
    return "/o?" + url.rpartition("/o?")[2]


def standing(company: Company) -> list[tuple[str | None, str | None]]:
    with company.inside():
        return list(OptOut.objects.filter(recipient=ASHA, lifted_at=None).values_list("sender", "topic"))


def test_the_page_says_whose_it_is_without_the_number_and_changes_nothing(company: Company) -> None:
    answer = Client().get(path_of(company, sender="ACMEIN", topic="Loans"))
    page = answer.content.decode()
    assert "messages from ACMEIN about Loans" in page
    assert (ASHA in page, ASHA[1:] in page, standing(company)) == (False, False, [])
    assert (answer.headers["X-Robots-Tag"], "no-store" in answer.headers["Cache-Control"]) == (
        "noindex, nofollow",
        True,
    )
    assert not answer.cookies
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_the_button_stops_exactly_that_and_keeps_the_proof(company: Company) -> None:
    path = path_of(company, sender="ACMEIN", topic="Loans")
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path, {"choice": "stop"}, **PHONE).status_code == 302
    strict.post(path, {"choice": "stop"}, **PHONE)
    assert standing(company) == [("ACMEIN", "Loans")]
    assert "It has stopped" in strict.get(path).content.decode()
    with company.inside():
        (event,) = ConsentEvent.objects.all()
    assert (event.source, event.ip, event.user_agent) == ("link", "203.0.113.9", "Phone/1.0")
    assert (event.wording, event.wording_version) == ("messages from ACMEIN about Loans", "opt-out page 2")


def test_undo_on_the_page_lets_messages_come_again(company: Company) -> None:
    path = path_of(company, sender="ACMEIN")
    with company.inside():
        given = Proof(ConsentSource.FORM, NOW, evidence="Sign-up form")
        services.record_consent(
            recipient=E164(ASHA), sender="ACMEIN", action=ConsentAction.GIVEN, proof=given, actor=WRITER, now=NOW
        )
    Client().post(path, {"choice": "stop"})
    Client().post(path, {"choice": "undo"}, **PHONE)
    assert standing(company) == []
    with company.inside():
        last = ConsentEvent.objects.latest("id")
    assert (last.action, last.source, last.ip, last.is_proven) == ("given", "link", "203.0.113.9", True)


@pytest.mark.parametrize("source", [each for each in OptOutSource if each is not OptOutSource.LINK])
def test_undo_lifts_nothing_that_was_said_elsewhere(company: Company, source: OptOutSource) -> None:
    path = path_of(company, sender="ACMEIN")
    with company.inside():
        services.opt_out(recipient=E164(ASHA), sender="ACMEIN", source=source, now=utc_now())
        services.opt_out(recipient=E164(ASHA), source=source, now=utc_now())
    Client().post(path, {"choice": "stop"})
    Client().post(path, {"choice": "undo"})
    assert set(standing(company)) == {("ACMEIN", None), (None, None)}
    assert 'value="undo"' not in Client().get(path).content.decode()


def test_undo_is_of_this_link_and_of_the_last_minutes(company: Company) -> None:
    narrow, wide = path_of(company, topic="Loans"), path_of(company)
    Client().post(wide, {"choice": "stop"})
    Client().post(narrow, {"choice": "undo"})
    assert standing(company) == [(None, None)]
    with company.inside():
        OptOut.objects.update(created_at=utc_now() - UNDO_WITHIN)
    Client().post(wide, {"choice": "undo"})
    assert standing(company) == [(None, None)]


@pytest.mark.parametrize("choice", ["", "everything", "<script>"])
def test_a_choice_that_is_none_changes_nothing(company: Company, choice: str) -> None:
    Client().post(path_of(company), {"choice": choice})
    assert standing(company) == []


def test_what_never_was_and_what_is_gone_look_the_same(company: Company) -> None:
    path = path_of(company)
    with company.inside():
        OptOutLink.objects.all().delete()
    tokens = [path[3:], "A" * LENGTH, "A" * (LENGTH - 1), "é" * LENGTH, "A" * 500, "", "%00" * LENGTH]
    pages = [Client().get(f"/o?{token}") for token in tokens]
    assert {(page.status_code, page.content) for page in pages} == {(404, pages[0].content)}
    assert Client().post(f"/o?{tokens[1]}", {"choice": "stop"}).status_code == 404


def test_links_that_work_are_opened_however_many_share_an_address(company: Company) -> None:
    path = path_of(company)
    answers = {Client().get(path, REMOTE_ADDR="198.51.100.1").status_code for _ in range(MOST_MISSES + 5)}
    assert answers == {200}


def test_who_guesses_gets_nothing_more_and_others_do(company: Company) -> None:
    path = path_of(company)
    guesser: Any = {"REMOTE_ADDR": "198.51.100.1"}
    for _ in range(MOST_MISSES + 1):
        assert Client().get(f"/o?{'A' * LENGTH}", **guesser).status_code == 404
    assert Client().get(path, **guesser).status_code == 404
    assert Client().get(path, REMOTE_ADDR="198.51.100.2").status_code == 200
    assert Client().post(path, {"choice": "stop"}, **guesser).status_code == 302
    assert standing(company) == [(None, None)]


def test_requests_without_an_address_are_not_one_crowd(company: Company) -> None:
    path = path_of(company)
    for _ in range(MOST_MISSES + 1):
        Client().get(f"/o?{'A' * LENGTH}", REMOTE_ADDR="")
    assert Client().get(path, REMOTE_ADDR="").status_code == 200


def test_a_programs_link_is_the_same_whenever_it_is_asked_for(company: Company) -> None:
    program = Client(headers={"Authorization": f"Token {company.token}"})
    asked = {"to": "98765 43210", "topic": "Loans"}
    first, second = (program.post("/api/v1/opt-out-links", asked, "application/json") for _ in range(2))
    assert (first.status_code, first.json()) == (201, second.json())
    assert first.json()["url"].startswith("http")
    unknown = program.post("/api/v1/opt-out-links", {"to": ASHA, "from": "NOBODY"}, "application/json")
    assert unknown.json()["code"] == "unknown_sender"
    with company.inside():
        assert OptOutLink.objects.get().recipient == ASHA


def test_links_made_before_and_after_a_new_key_both_work(company: Company, settings: Any) -> None:
    old = path_of(company)
    settings.SECRETS_KEYS = ["a new key", *settings.SECRETS_KEYS]
    new = path_of(company)
    assert (old != new, link_behind(old[3:]) is None, link_behind(new[3:]) is None) == (True, False, False)
    Client().post(new, {"choice": "stop"})
    assert standing(company) == [(None, None)]


def test_an_event_of_consent_is_read_by_its_id(company: Company) -> None:
    Client().post(path_of(company), {"choice": "stop"}, **PHONE)
    program = Client(headers={"Authorization": f"Token {company.token}"})
    with company.inside():
        event = ConsentEvent.objects.get()
    told = program.get(reverse("consent-detail", args=[event.pk])).json()
    assert (told["action"], told["ip"], told["proven"]) == ("withdrawn", "203.0.113.9", True)


def test_undo_makes_no_consent_that_was_not_there(company: Company) -> None:
    path = path_of(company, sender="ACMEIN")
    for choice in ("stop", "undo"):
        Client().post(path, {"choice": choice})
    with company.inside():
        assert list(ConsentEvent.objects.values_list("action", flat=True)) == ["withdrawn"]
