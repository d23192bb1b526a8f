from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from audit.services import SYSTEM
from gateways.http import views
from gateways.models import CallbackTrouble
from kernel.domain.clock import utc_now
from messaging.models import UnmatchedReceipt
from messaging.services.unmatched import try_again, unmapped
from routing.callback_addresses import callback_url
from routing.models import Route
from routing.services.routes import RouteDraft, create_route, route_config
from routing.statuses import Lane
from routing.tests.builders import make_route
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db

BODY: Final = b"msgid=1&state=DELIVRD"
ENCODED: Final = "application/x-www-form-urlencoded"
FORM = {
    "url": "https://push.example.com/send",
    "shape": "form",
    "body": "to = {to}",
    "receipt_id_at": "msgid",
    "receipt_status_at": "state",
    "receipt_code_at": "code",
    "receipt_to_at": "mobile",
}
LIST = {
    **FORM,
    "receipts_at": "events",
    "receipt_id_at": "message.id",
    "receipt_status_at": "type",
    "receipt_states": "handset_ok = delivered",
    "receipt_code_at": "",
    "receipt_to_at": "",
}


@pytest.fixture(autouse=True)
def _forget() -> None:
    views._known.clear()


def http_route(settings: dict[str, Any], name: str = "Banjara", **secrets: str) -> Route:
    return create_route(draft=RouteDraft(name, "http", settings, secrets))


def path_of(route: Route) -> str:
    return callback_url(route).removeprefix("http://127.0.0.1:8000")


def kept() -> list[tuple[list[str], str, str, str]]:
    rows = UnmatchedReceipt.objects.order_by("pk")
    return [(row.operator_ids, row.recipient, row.state, row.err) for row in rows]


def events(*receipts: tuple[Any, str]) -> str:
    return json.dumps({"events": [{"message": {"id": ident}, "type": state} for ident, state in receipts]})


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_receipt_of_fields_is_kept_before_it_is_answered(client: Client, method: str) -> None:
    fields = {"msgid": "1F0C-22", "mobile": "+91 98765 43210", "state": "UNDELIV", "code": "027"}
    fields |= {"extra": "é"}
    path = path_of(http_route(FORM))
    answer = client.get(path, fields) if method == "get" else client.post(path, urlencode(fields), content_type=ENCODED)
    assert answer.status_code == 204
    assert kept() == [(["1f0c-22"], "919876543210", "undelivered", "027")]


def test_a_list_of_json_is_one_statement(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    path, body = path_of(http_route(LIST)), events(*[(9_007_199_254_740_993 + n, "handset_ok") for n in range(300)])
    client.post(path, events(("0", "queued")), content_type="application/json")
    with django_assert_num_queries(1):  # none to find the route again
        assert client.post(path, body, content_type="application/json").status_code == 204
    assert kept()[0] == (["9007199254740993"], "", "delivered", "")
    assert len(kept()) == 300


def test_the_address_is_told_to_the_aggregator_with_each_request() -> None:
    route = http_route(FORM)
    assert route_config(route, lane=Lane.BULK).callback_url == callback_url(route)
    assert route_config(make_route(), lane=Lane.BULK).callback_url == ""


def test_nobody_finds_an_address_by_guessing(client: Client) -> None:
    path = path_of(http_route(FORM))
    another = http_route(FORM, "Another")
    wrong = [path[:-1] + ("A" if path[-1] != "A" else "B"), path.replace("/routes/", "/routes/9"), "/hooks/routes/1-x"]
    wrong.append(f"/hooks/routes/{another.pk}-{path.partition('-')[2]}")
    assert [client.get(each).status_code for each in wrong] == [404] * 4
    assert not CallbackTrouble.objects.exists()


def test_another_number_withdraws_an_address_and_another_key_does_not(client: Client, settings: Settings) -> None:
    route, before = http_route(FORM), {"msgid": "1", "state": "sent"}
    path = path_of(route)
    settings.SECRETS_KEYS = ["bmV3LWRldmVsb3BtZW50LW9ubHktZmVybmV0LWtleS0=", *settings.SECRETS_KEYS]
    assert client.get(path, before).status_code == 204
    route.settings["callback_number"] = 2
    route.save()
    views._known.clear()
    assert client.get(path, before).status_code == 404
    assert client.get(path_of(route), before).status_code == 204


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("{", "begins like JSON and is none"),
        ("[" * 100_000, "begins like JSON and is none"),
        ('{"events": 1}', "no list"),
        ('{"events": [{"type": "handset_ok"}]}', "receipt 1 has no message id"),
        ('{"events": [{"message": {"id": "1"}}]}', "receipt 1 has no status"),
    ],
    ids=["cut off", "too deep", "no list", "no id", "no status"],
)
def test_what_cannot_be_read_is_refused_in_words_and_shown_to_staff(client: Client, body: str, why: str) -> None:
    route = http_route(LIST)
    answer = client.post(path_of(route), body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "callback_unreadable")
    assert why in answer.json()["detail"]
    page = signed_in(make_user(is_staff=True)).get(reverse("gateways:route-callbacks", args=[route.pk]))
    assert why in page.content.decode()
    assert CallbackTrouble.objects.get().samples[0]["what"].startswith(f"POST  {body[:20]}")


SECRET: Final = "s3cret/ü &1"


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (urlencode({"key": SECRET, "mobile": "919876543210"}), b"state=x"),
        ("", f"key={SECRET}&mobile=919876543210".encode()),
        ("", json.dumps({"key": SECRET, "mobile": "+919876543210"}).encode()),
        ("", f"\x00\x01 {SECRET} 919876543210".encode()),
    ],
    ids=["query", "body", "JSON", "no text"],
)
def test_secrets_and_full_numbers_are_not_kept_of_a_callback(client: Client, query: str, body: bytes) -> None:
    networks = {"callback_auth": "header", "callback_name": "X-Key"}
    route = http_route({**FORM, **networks}, password="pw-4711", callback_secret=SECRET)
    answer = client.post(f"{path_of(route)}?{query}", body, content_type="text/plain")
    assert answer.status_code == 401
    what = CallbackTrouble.objects.get().samples[0]["what"]
    told = what if "9198" in what else bytes.fromhex(what.removeprefix("POST").strip()).decode()
    assert "9198******10" in told
    assert not any(part in told for part in ("s3cret", "876543"))


def test_only_the_last_troubles_are_kept_and_all_are_counted(client: Client) -> None:
    path = path_of(http_route(FORM))
    for number in range(12):
        client.post(path, bytes([0xFF, number]) * 2_000, content_type="application/octet-stream")
    trouble = CallbackTrouble.objects.get()
    assert (trouble.count, len(trouble.samples)) == (12, 10)
    assert trouble.samples[0]["what"].startswith("POST  ff 0b ff 0b")
    assert all(len(sample["what"]) < 1_100 for sample in trouble.samples)


def test_a_status_without_a_meaning_is_kept_counted_and_told_to_staff(client: Client) -> None:
    route, staff = http_route(FORM), signed_in(make_user(is_staff=True))
    for ident in "12":
        assert client.get(path_of(route), {"msgid": ident, "state": "zapped"}).status_code == 204
    assert kept() == [([ident], "", "other", "") for ident in "12"]
    (found,) = unmapped(route.pk)
    assert (found.stat, found.receipts) == ("zapped", 2)
    assert "zapped" in staff.get(reverse("gateways:route-callbacks", args=[route.pk])).content.decode()
    assert "has no meaning" in staff.get(reverse("console_queues:unmatched")).content.decode()
    assert try_again(route_id=route.pk, actor=SYSTEM, now=utc_now()) == 0
    assert not UnmatchedReceipt.objects.exclude(next_try_at=None).exists()
    assert "'zapped' has no meaning" in CallbackTrouble.objects.get().samples[0]["why"]


def test_a_body_above_a_megabyte_is_not_read(client: Client) -> None:
    answer = client.post(path_of(http_route(FORM)), b"x" * (views.LONGEST_BODY + 1), content_type="text/plain")
    assert (answer.status_code, answer.json()["code"]) == (413, "callback_too_long")


def proven(kind: str, name: str) -> dict[str, Any]:
    return {**FORM, "callback_auth": kind, "callback_name": name}


def signature(algorithm: str) -> bytes:
    return hmac.new(b"s3cret", BODY, algorithm).digest()


@pytest.mark.parametrize(
    ("kind", "name", "header", "right"),
    [
        ("basic", "banjara", "Authorization", "Basic " + base64.b64encode(b"banjara:s3cret").decode()),
        ("header", "X-Key", "X-Key", "s3cret"),
        ("hmac_sha256", "X-Signature", "X-Signature", "sha256=" + signature("sha256").hex()),
        ("hmac_sha1", "X-Signature", "X-Signature", base64.b64encode(signature("sha1")).decode()),
    ],
    ids=["basic", "header", "sha256", "sha1"],
)
def test_a_proof_is_asked_for(client: Client, kind: str, name: str, header: str, right: str) -> None:
    path = path_of(http_route(proven(kind, name), callback_secret="s3cret"))
    answers = [
        client.post(path, BODY, content_type=ENCODED, headers=given)
        for given in ({}, {header: right[:-2]}, {header: right})
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 204]
    assert "s3cret" not in json.dumps(CallbackTrouble.objects.get().samples)


def test_without_a_stored_secret_no_proof_is_right(client: Client) -> None:
    path = path_of(http_route(proven("hmac_sha256", "X-Signature")))
    forged = hmac.new(b"", b"", hashlib.sha256).hexdigest()
    assert client.get(path, {"msgid": "1", "state": "sent"}, headers={"X-Signature": forged}).status_code == 401


def test_networks_are_held_to(client: Client) -> None:
    path = path_of(http_route({**FORM, "callback_networks": "203.0.113.0/24 2001:db8::/32"}))
    asked = {"msgid": "1", "state": "sent"}
    remotes = ["127.0.0.1", "203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1", "unix:"]
    assert [client.get(path, asked, REMOTE_ADDR=each).status_code for each in remotes] == [403, 204, 204, 204, 403]


def test_a_route_without_callbacks_has_no_address_and_its_page_says_so(client: Client) -> None:
    route = make_route()
    assert callback_url(route) == ""
    page = signed_in(make_user(is_staff=True)).get(reverse("gateways:route-callbacks", args=[route.pk]))
    assert "over its own connection" in page.content.decode()


def test_the_page_of_an_http_route_leads_to_its_callbacks() -> None:
    staff, route = signed_in(make_user(is_staff=True)), http_route(FORM)
    there = reverse("gateways:route-callbacks", args=[route.pk])
    assert there in staff.get(reverse("routing:route-detail", args=[route.pk])).content.decode()
    assert callback_url(route) in staff.get(there).content.decode()
