from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from routing.forms import settings_form
from routing.providers.http.requests import Composer, Request
from routing.providers.http.settings import HttpSettingsForm
from routing.providers.http.templates import Template, TemplateProblem
from routing.registry import provider
from routing.services.routes import RouteDraft, create_route
from routing.tests.builders import outgoing

URL = "https://api.example.com/v1/send"
DLT = ((0x1400, b"1101"), (0x1401, b"1107"))


def compose(*messages: Any, cap_s: int | None = None, **given: Any) -> Request:
    composer = Composer({"url": URL, "shape": "form", "body": "", **given}, {"password": "s3cret"})
    return composer.compose("ACMEIN", list(messages) or [outgoing(text='Grüße {to} & "more"\n', tlvs=DLT)], cap_s)


def test_fields_are_encoded_and_empty_ones_left_out() -> None:
    lines = ["# the key", "key = {password}", "to={to_digits}", "text = {text}", "chain = {dlt_chain}", "kind = sms"]
    request = compose(body="\n".join([*lines, "dlt = {dlt_entity_id}"]))
    assert parse_qsl(request.body.decode()) == [
        ("key", "s3cret"),
        ("to", "919800000001"),
        ("text", 'Grüße {to} & "more"\n'),
        ("kind", "sms"),
        ("dlt", "1101"),
    ]
    assert ("Content-Type", "application/x-www-form-urlencoded") in request.headers


def test_json_keeps_its_structure_whatever_a_text_says() -> None:
    plain = {"a": [{"text": "{text}"}], "ttl": "{validity_minutes:number}", "u": "{unicode:bool}", "n": 1}
    request = compose(shape="json", body=json.dumps({**plain, "e": "{dlt_chain}"}), cap_s=600)
    assert json.loads(request.body) == {"a": [{"text": 'Grüße {to} & "more"\n'}], "ttl": 10, "u": False, "n": 1}


def test_the_query_joins_what_the_address_has() -> None:
    request = compose(shape="query", method="GET", body="to = {to}", url=f"{URL}/{{to}}?v=2")
    assert request.target == "/v1/send/%2B919800000001?v=2&to=%2B919800000001"
    assert (request.method, request.body) == ("GET", b"")


def test_long_and_unicode_texts_go_whole() -> None:
    text = "नमस्ते 🙂" * 30
    request = compose(outgoing(text=text), body="t = {text}\nc = {unicode?8|0}\nn = {parts}")
    sent = dict(parse_qsl(request.body.decode()))
    assert (sent["t"], sent["c"]) == (text, "8")
    assert int(sent["n"]) == len(outgoing(text=text).short_messages) > 1


@pytest.mark.parametrize(
    ("given", "header"),
    [
        ({"auth": "basic", "username": "acme"}, ("Authorization", "Basic YWNtZTpzM2NyZXQ=")),
        ({"auth": "bearer"}, ("Authorization", "Bearer s3cret")),
        ({"auth": "header", "auth_header": "X-Api-Key"}, ("X-Api-Key", "s3cret")),
        ({"headers": "X-User: {username}:{password}", "username": "acme"}, ("X-User", "acme:s3cret")),
    ],
    ids=["basic", "bearer", "key", "template"],
)
def test_logins(given: dict[str, Any], header: tuple[str, str]) -> None:
    assert header in compose(body="a = b", **given).headers


def test_messages_of_a_request_have_references_of_their_own() -> None:
    given: dict[str, Any] = {
        "shape": "json",
        "batch_size": 10,
        "body": '{"from": "{from}", "list": "{messages}"}',
        "item": '{"to": "{to}", "ref": "{reference}"}',
    }
    request = compose(outgoing(1), outgoing(2, "+919800000002"), **given)
    sent = json.loads(request.body)
    assert sent["from"] == "ACMEIN"
    assert [each["to"] for each in sent["list"]] == ["+919800000001", "+919800000002"]
    assert [each["ref"] for each in sent["list"]] == request.references
    assert len(set(request.references)) == 2


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{text", "a single {"),
        ("text}", "a single }"),
        ("{recipient}", "{recipient} is no placeholder here"),
        ("{text:number}", "may only be a whole string of JSON"),
    ],
)
def test_a_template_that_cannot_be_filled_is_refused_by_name(source: str, problem: str) -> None:
    with pytest.raises(TemplateProblem, match=problem.replace("{", r"\{")):
        Template(source, frozenset({"text"}))


def test_braces_and_choices() -> None:
    template = Template("{{{text}}} {unicode?a|b}{unicode?x|}", frozenset({"text", "unicode"}))
    assert template.fill({"text": "{unicode}", "unicode": "0"}) == "{{unicode}} b"


GOOD: dict[str, Any] = {"url": URL, "shape": "form", "body": "to = {to}"}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"body": "to = {to}\ntext {text}"}, "body", "line 2: write it like"),
        ({"body": "to = {too}"}, "body", "line 1: {too} is no placeholder here"),
        ({"shape": "json", "body": '{"to": "{to}"'}, "body", "this is no JSON"),
        ({"shape": "json", "body": '{"a": {"b": ["{oops}"]}}'}, "body", "a.b.0: {oops} is no placeholder here"),
        ({"shape": "json", "method": "GET", "body": "{}"}, "body", "GET carries no JSON"),
        ({"headers": "X-Text: {text}"}, "headers", "{text} is no placeholder here"),
        ({"url": "ftp://example.com"}, "url", "https://"),
        ({"url": "http://example.com"}, "url", "in the clear"),
        ({"url": "https://example.com:99999/"}, "url", "its port"),
        ({"url": "https://example.com:0/"}, "url", "its port"),
        ({"url": "https://[::1/"}, "url", "its host"),
        ({"url": "https://api.example.com/{text}"}, "url", "{text} is no placeholder here"),
        ({"auth": "header"}, "auth_header", "Name the header"),
        ({"auth": "basic"}, "username", "needs a user name"),
        ({"batch_size": "5"}, "body", "need JSON"),
        ({"id_at": "text {}"}, "id_at", "words before or behind"),
        ({"id_at": "a b"}, "id_at", "is no place"),
        ({"items_at": "header X"}, "items_at", "no way through JSON"),
        ({"item_reference_at": "header X"}, "item_reference_at", "no way through JSON"),
        (
            {
                "shape": "json",
                "batch_size": "5",
                "items_at": "results",
                "body": '{"list": "{messages}"}',
                "item": '{"to": "{to}"}',
                "item_reference_at": "ref",
            },
            "item_reference_at",
            "has no {reference}",
        ),
        ({"error_map": "1 = FINAL\n2 = NEVER"}, "error_map", "line 2: NEVER is none of"),
        ({"error_map": "1 = FINAL no_such_error"}, "error_map", "no error is called no_such_error"),
        ({"error_map": "http 6xx = LATER"}, "error_map", "is no status"),
        ({"error_map": "1 = OTHER\n1 = FINAL"}, "error_map", "line 2: the code 1 stands"),
        ({"accepted_when": "status"}, "accepted_when", "line 1: write it like"),
        ({"receipt_states": "x = gone"}, "receipt_states", "there are delivered"),
        ({"receipt_id_at": "id"}, "receipt_status_at", "place for its status"),
        ({"callback_auth": "basic"}, "callback_name", "Name the user"),
        ({"callback_networks": "10.0.0.0/8 home"}, "callback_networks", "“home” is no network"),
        ({"tls_fingerprint": "abc"}, "tls_fingerprint", "64 hexadecimal digits"),
    ],
)
def test_the_form_says_which_line_and_which_placeholder(changes: dict[str, str], field: str, words: str) -> None:
    form = HttpSettingsForm({**GOOD, **changes})
    assert not form.is_valid()
    assert words in " ".join(map(str, form.errors[field]))


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = {"url": "https://[::1/", "body": "to = {too}", "headers": "X: {text}", "id_at": "a b", "auth": "basic"}
    form = HttpSettingsForm({**GOOD, **wrong})
    assert form.errors.keys() == {"url", "body", "headers", "id_at", "username"}


@pytest.mark.parametrize(
    ("field", "source"),
    [
        ("url", "https://example.com/{password}"),
        ("headers", "X-Login: {username}"),
        ("body", "to = {to}\nkey = {password}"),
    ],
)
def test_a_login_that_is_sent_has_to_be_saved(field: str, source: str) -> None:
    name = source[source.rindex("{") + 1 : source.rindex("}")]
    assert "none is saved" in str(HttpSettingsForm({**GOOD, field: source}).errors[name])
    assert HttpSettingsForm({**GOOD, field: source, name: "sesame"}).is_valid()
    kept = HttpSettingsForm({**GOOD, field: source})
    kept.stored_secrets = {"password"}
    assert kept.is_valid() is (name == "password")


@pytest.mark.django_db
def test_a_secret_that_is_stored_may_be_left_empty_in_the_form_of_its_route() -> None:
    sent = {**GOOD, "body": "to = {to}\nkey = {password}"}
    data = {f"link-{name}": value for name, value in sent.items()}
    without = create_route(draft=RouteDraft("Without", "http", GOOD, {"callback_secret": "x"}))
    stored = create_route(draft=RouteDraft("Stored", "http", GOOD, {"password": "sesame"}))
    valid = [settings_form(provider("http"), route, data).is_valid() for route in (without, stored)]
    assert valid == [False, True]


def test_what_is_left_empty_has_its_usual_value() -> None:
    form = HttpSettingsForm(GOOD)
    assert form.is_valid(), form.errors
    usual = {name: form.cleaned_data[name] for name in ("batch_size", "connect_s", "answer_s", "callback_number")}
    assert usual == {"batch_size": 1, "connect_s": 5, "answer_s": 20, "callback_number": 1}


def test_every_field_of_the_form_is_in_one_group() -> None:
    grouped = [name for _, names in HttpSettingsForm.groups for name in names]
    assert sorted(grouped) == sorted(HttpSettingsForm().fields)
