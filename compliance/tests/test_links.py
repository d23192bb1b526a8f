"""Links and numbers in the forms in which portals register them, and consent templates."""

from __future__ import annotations

import pytest

from compliance import services
from compliance.errors import InvalidLink, InvalidValidity, NameTaken
from compliance.link_forms import parse_link
from compliance.models import ConsentTemplate, Link
from compliance.services.portal import Told
from compliance.statuses import LinkKind, PortalState
from compliance.tests.builders import NOW, WRITER, dlt_id, make_entity
from compliance.tests.register import ACTIVE, make_consent_template, make_link


@pytest.mark.parametrize(
    ("kind", "text", "registered"),
    [
        (LinkKind.STATIC, "https://acme.example/Track", "https://acme.example/Track"),
        (LinkKind.STATIC, " www.acme.example ", "www.acme.example"),
        (LinkKind.DYNAMIC, "https://acme.example/o?", "https://acme.example/o?"),
        (LinkKind.SHORT, "https://ac.me/ACMEIN/", "https://ac.me/ACMEIN/"),
        (LinkKind.APK, "http://acme.example/app.APK", "http://acme.example/app.APK"),
        (LinkKind.APK, "http://acme.example/app.ipa", "http://acme.example/app.ipa"),
        (LinkKind.OTT, "https://play.acme.example/show", "https://play.acme.example/show"),
        (LinkKind.WHATSAPP, "wa.me/919876543210", "wa.me/919876543210"),
        (LinkKind.MOBILE, "+91 98765 43210", "9876543210"),
        (LinkKind.LANDLINE, "022-1234 5678", "2212345678"),
        (LinkKind.TOLLFREE, "1800 123 4567", "18001234567"),
        (LinkKind.SERIES, "160 1234567", "1601234567"),
        (LinkKind.EMAIL, "care@acme.example", "care@acme.example"),
    ],
)
def test_each_kind_has_its_form(kind: LinkKind, text: str, registered: str) -> None:
    assert parse_link(kind, text, "ACMEIN") == registered


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (LinkKind.STATIC, "https://acme.example/?a=1", "dynamic"),
        (LinkKind.STATIC, "acme.example", "begins with http"),
        (LinkKind.STATIC, "https://user@acme.example/", "plain host"),
        (LinkKind.STATIC, "https://10.0.0.1/", "plain host"),
        (LinkKind.STATIC, "https://acme.example:port/", "plain host"),
        (LinkKind.STATIC, "https://аcme.example/", "plain host"),
        (LinkKind.DYNAMIC, "https://acme.example/o?c=1", "ends in"),
        (LinkKind.DYNAMIC, "https://acme.example/o??", "ends in"),
        (LinkKind.SHORT, "https://ac.me/acmein/x", "path"),
        (LinkKind.SHORT, "https://ACMEIN.example/x", "path"),
        (LinkKind.SHORT, "ac.me/ACMEIN", "begins with http"),
        (LinkKind.APK, "https://acme.example/app.zip", ".apk"),
        (LinkKind.APK, "app.apk", "begins with http"),
        (LinkKind.WHATSAPP, "wa.me/9876543210", "wa.me/91"),
        (LinkKind.MOBILE, "5876543210", "6 to 9"),
        (LinkKind.LANDLINE, "12345", "ten digits"),
        (LinkKind.TOLLFREE, "1900123456", "1800"),
        (LinkKind.SERIES, "1501234567", "140"),
        (LinkKind.EMAIL, "care", "e-mail"),
    ],
)
def test_other_forms_are_refused_with_the_reason(kind: LinkKind, text: str, words: str) -> None:
    with pytest.raises(InvalidLink, match=words.replace(".", r"\.")):
        parse_link(kind, text, "ACMEIN")


def test_a_short_link_needs_its_header() -> None:
    with pytest.raises(InvalidLink, match="needs the header"):
        parse_link(LinkKind.SHORT, "https://ac.me/ACMEIN")


@pytest.mark.usefixtures("tenant_id")
def test_a_link_recorded_again_is_the_same_one_in_its_new_state() -> None:
    entity = make_entity()
    first = make_link("https://ac.me/ACMEIN", LinkKind.SHORT, entity=entity, header="VM-ACMEIN-P")
    make_link(
        "https://ac.me/ACMEIN", LinkKind.SHORT, entity=entity, header="ACMEIN", told=Told(PortalState.BLACKLISTED)
    )
    standing = Link.objects.get()
    assert (standing.pk, standing.header, standing.portal_state) == (first.pk, "ACMEIN", PortalState.BLACKLISTED)


@pytest.mark.usefixtures("tenant_id")
def test_days_in_the_wrong_order_are_refused() -> None:
    today = NOW.date()
    told = Told(PortalState.ACTIVE, valid_from=today, valid_to=today.replace(day=1))
    with pytest.raises(InvalidValidity):
        make_link(told=told)
    assert not Link.objects.exists()


@pytest.mark.usefixtures("tenant_id")
def test_a_consent_template_keeps_brand_and_scope_and_its_own_id() -> None:
    entity, number = make_entity(), dlt_id("04")
    make_consent_template(entity=entity, dlt_consent_id=number)
    with pytest.raises(NameTaken):
        make_consent_template("Alerts", entity=entity, dlt_consent_id=number)
    services.record_consent_template(
        entity_id=entity.pk, name="Offers", brand="Acme", scope="Weekly", told=ACTIVE, actor=WRITER, now=NOW
    )
    assert ConsentTemplate.objects.get().scope == "Weekly"
