"""The consent page: one number's story, a register from a file, opt-outs from a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from compliance import services
from compliance.consent.dnd import Preference, sources
from compliance.models import ConsentPolicy, DndNumber, OptOut
from compliance.services.dnd import sources_in_use
from compliance.tasks import refresh_register
from compliance.tests.builders import ASHA, NOW
from compliance.tests.company import Company
from kernel.telecom.e164 import E164

pytestmark = pytest.mark.django_db


class Register:
    """A source that a package would bring."""

    name, label = "carrier", "Carrier register"

    def __init__(self) -> None:
        self.numbers = [ASHA]
        self.asked: Mapping[str, str] = {}

    def preferences(self, settings: Mapping[str, str]) -> Iterable[Preference]:
        self.asked = settings
        return [Preference(each, 1) for each in self.numbers]


def post(client: Client, name: str, **data: Any) -> Any:
    return client.post(reverse(f"compliance:{name}"), data)


def file_of(text: str, name: str = "numbers.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def test_a_numbers_story_is_shown_masked_and_never_in_an_address(company: Company) -> None:
    with company.inside():
        services.opt_out(recipient=E164(ASHA), evidence="STOP", now=NOW)
    answer = post(company.maya, "consent", number="98765 43210")
    page = answer.content.decode()
    assert ("Withdrawn" in page, "STOP" in page, "23 Feb 2027" in page) == (True, True, True)
    assert "9876543210" not in page.replace('value="98765 43210"', "")
    assert post(company.maya, "consent", number="12").status_code == 422


def test_a_register_is_uploaded_and_removed(company: Company) -> None:
    file = file_of("Name;Mobile No;Preference\nAsha;98765 43210;1,5\nX;none;0\n")
    assert post(company.maya, "preferences-upload", file=file).status_code == 302
    with company.inside():
        assert DndNumber.objects.get().blocked == 1 << 1 | 1 << 5
    wrong = post(company.maya, "preferences-upload", file=file_of("number,category\n9876543210,x\n"))
    assert (wrong.status_code, "Line 2" in wrong.content.decode()) == (422, True)
    post(company.maya, "preferences-remove")
    with company.inside():
        assert not DndNumber.objects.exists()


def test_a_packages_register_is_used_read_again_and_left(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register()
    monkeypatch.setitem(sources(), register.name, register)
    assert "Use Carrier register" in company.maya.get(reverse("compliance:consent")).content.decode()
    post(company.maya, "preferences-read", source="carrier")
    register.numbers = []
    refresh_register(str(company.id), "carrier")
    with company.inside():
        assert (DndNumber.objects.get().recipient, sources_in_use()) == (ASHA, ["carrier"])
    assert register.asked == {"tenant": str(company.id), "region": "IN"}
    post(company.maya, "preferences-remove", source="carrier")
    with company.inside():
        assert sources_in_use() == []


def test_a_register_that_nobody_installed_cannot_be_used(company: Company) -> None:
    for source in ("nobody", "file", ""):
        answer = company.maya.post(reverse("compliance:preferences-read"), {"source": source}, follow=True)
        assert "is installed that can be read" in answer.content.decode()


def test_opt_outs_come_from_a_file_without_a_heading(company: Company) -> None:
    said = post(company.maya, "opt-outs-upload", file=file_of("9876543210\n+919876543211\nnobody\n"))
    assert said.status_code == 302
    assert "1 line was no number." in company.maya.get(reverse("compliance:consent")).content.decode()
    with company.inside():
        entry = Entry.objects.get(action="opt_out.import")
        assert ("“numbers.csv”" in entry.summary, (entry.after or {}).get("unreadable")) == (True, 1)
        assert OptOut.objects.filter(source="import", lifted_at=None).count() == 2
    assert post(company.maya, "opt-outs-upload", file=file_of("a,b\nc,d\n")).status_code == 422


def test_only_a_reviewer_says_who_needs_to_have_agreed(company: Company) -> None:
    assert post(company.maya, "consent-policy", needed="yes").status_code == 403
    post(company.omar, "consent-policy", needed="yes")
    with company.inside():
        assert ConsentPolicy.objects.get().needs_consent
