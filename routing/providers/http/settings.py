"""The settings of an HTTP route: the form staff fill in, and the same as typed values (docs/http-provider.md)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from django import forms

from kernel.smpp.receipts import ReceiptState
from routing.chain_settings import CHAIN_FIELDS, ChainSettingsForm
from routing.errors import RouteConfigProblem
from routing.providers.http.answers import AnswerMap, MappingProblem, read_codes, read_conditions
from routing.providers.http.callbacks import CallbackMap, read_states
from routing.providers.http.places import PlaceProblem, read_path, read_place
from routing.providers.http.requests import Composer, Login, Shape
from routing.providers.http.templates import TemplateProblems

SECRET_FIELDS: Final = frozenset({"password", "callback_secret"})
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,100}")
_READING: Final[Mapping[str, Callable[[str], object]]] = {
    "accepted_when": read_conditions,
    "id_at": read_place,
    "code_at": read_place,
    "words_at": read_place,
    "parts_at": read_place,
    "items_at": read_path,
    "item_reference_at": read_path,
    "error_map": read_codes,
    "receipts_at": read_path,
    "receipt_id_at": read_place,
    "receipt_status_at": read_place,
    "receipt_code_at": read_place,
    "receipt_to_at": read_place,
    "receipt_states": read_states,
}


class CallbackAuth(StrEnum):
    """How a callback proves that it comes from the aggregator, besides its address."""

    NONE = "none"
    BASIC = "basic"
    HEADER = "header"
    HMAC_SHA256 = "hmac_sha256"
    HMAC_SHA1 = "hmac_sha1"


def _text(label: str, help_text: str = "", **options: Any) -> forms.CharField:
    return forms.CharField(**{"max_length": 200, "required": False, **options}, label=label, help_text=help_text)


def _lines(label: str, help_text: str, rows: int = 4, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "translate": "no", "wrap": "off"})
    return _text(label, help_text, max_length=8_000, widget=widget, strip=False, **options)


def _seconds(label: str, initial: int, longest: int, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        min_value=1, max_value=longest, required=False, initial=initial, label=label, help_text=help_text
    )


class HttpSettingsForm(ChainSettingsForm):
    """Texts with placeholders and places in answers are in the words of docs/http-provider.md."""

    url = _text("Address", "https://… without what goes into the query.", max_length=1_000, required=True)
    method = forms.ChoiceField(choices=[("POST", "POST"), ("GET", "GET"), ("PUT", "PUT")], required=False)
    shape = forms.ChoiceField(
        choices=[(Shape.FORM, "Fields of a form"), (Shape.JSON, "JSON"), (Shape.QUERY, "Fields in the address")],
        label="What is sent",
    )
    body = _lines(
        "Content",
        "Fields: name = {placeholder}, one a line. JSON: a document with placeholders in its strings. There are {to}, "
        "{to_digits}, {from}, {text}, {reference}, {callback_url}, {unicode}, {parts}, {validity_minutes}, "
        "{dlt_entity_id}, {dlt_template_id}, {dlt_chain}, {username}, {password}.",
        8,
        required=True,
    )
    headers = _lines("Headers", "Name: value, one a line; {username}, {password}, {callback_url} may stand there.", 2)
    batch_size = forms.IntegerField(
        min_value=1, max_value=1_000, required=False, initial=1, label="Messages in a request", help_text="1: one each."
    )
    item = _lines("One message of several", "JSON that is put into the list where the content says {messages}.")
    auth = forms.ChoiceField(
        choices=[
            (Login.NONE, "Only what the content says"),
            (Login.BASIC, "Basic: user name and password"),
            (Login.BEARER, "Bearer token"),
            (Login.HEADER, "Key in a header"),
        ],
        required=False,
        label="Login",
    )
    username = _text("User name")
    auth_header = _text("Header of the key", "Such as X-Api-Key.", max_length=100)
    password = _text("Password, token or key", max_length=500, widget=forms.PasswordInput)
    connect_s = _seconds("Seconds to connect", 5, 60)
    answer_s = _seconds("Seconds to answer", 20, 120, "After that a message is in doubt.")
    keep_s = _seconds("Seconds an idle connection is kept", 4, 300, "Less than the aggregator keeps it.")
    tls_fingerprint = _text(
        "Pinned certificate (SHA-256)", "64 hexadecimal digits, colons allowed. Only this one is taken.", max_length=95
    )
    inside = forms.BooleanField(
        required=False,
        label="Inside our own network",
        help_text="Without it addresses of this machine and of private networks are refused.",
    )
    accepted_when = _lines("Accepted when", "place = values, one a line; all hold. Empty: an HTTP 2xx with an id.", 2)
    id_at = _text("Message id", "A place: messages.0.id, header X-Id, text, text OK: {}, or reference for our own.")
    items_at = _text("List of answers", "For several messages in a request; the other places begin in its items.")
    item_reference_at = _text(
        "Our reference in an item", "Where an item repeats our reference. Empty: items come in the order of messages."
    )
    code_at = _text("Error code")
    words_at = _text("Explanation of an error")
    parts_at = _text("Number of parts", "Told on the page of the route where it is not ours.")
    error_map = _lines(
        "Meaning of codes",
        "One a line, like “1007 = FINAL invalid_number” or “http 409 = LATER”: LATER, OTHER, FINAL, CONFIG, THROTTLED, "
        "DOUBT or ACCEPTED.",
    )
    receipts_at = _text("List of receipts", "Where a callback brings several; the other places begin in its items.")
    receipt_id_at = _text("Message id in a receipt", "Empty: the aggregator calls back with nothing.")
    receipt_status_at = _text("Status in a receipt")
    receipt_states = _lines(
        "Meaning of a status",
        "One a line, like “DeliveredToTerminal = delivered”: delivered, undelivered, expired, rejected, unknown or "
        "enroute. The words of SMPP are known.",
    )
    receipt_code_at = _text("Error code in a receipt")
    receipt_to_at = _text("Recipient in a receipt", "Helps where ids repeat.")
    callback_auth = forms.ChoiceField(
        choices=[
            (CallbackAuth.NONE, "The address alone"),
            (CallbackAuth.BASIC, "Basic: user name and password"),
            (CallbackAuth.HEADER, "A secret in a header"),
            (CallbackAuth.HMAC_SHA256, "Signature, HMAC-SHA256 of the body"),
            (CallbackAuth.HMAC_SHA1, "Signature, HMAC-SHA1 of the body"),
        ],
        required=False,
        label="Proof of a callback",
    )
    callback_name = _text("User name or header of the proof", max_length=100)
    callback_secret = _text("Secret of the proof", max_length=500, widget=forms.PasswordInput)
    callback_networks = _text(
        "Networks that call back", "Such as 203.0.113.0/24, with blanks between.", max_length=1_000
    )
    callback_number = forms.IntegerField(
        min_value=1,
        max_value=9_999,
        required=False,
        initial=1,
        label="Number of the callback address",
        help_text="A higher one makes a new address, and the old one is not taken any more.",
    )

    # Secrets of the route that an empty field keeps; the console says which.
    stored_secrets: Collection[str] = ()

    # Read by the console: headings with the fields below them.
    groups: Final = (
        ("Request", ("url", "method", "shape", "body", "headers", "batch_size", "item")),
        ("Login", ("auth", "username", "auth_header", "password")),
        ("Line", ("connect_s", "answer_s", "keep_s", "tls_fingerprint", "inside")),
        ("Registration in India (DLT)", CHAIN_FIELDS),
        (
            "Answer",
            (
                "accepted_when", "id_at", "items_at", "item_reference_at", "code_at", "words_at", "parts_at",
                "error_map",
            ),
        ),
        (
            "Receipts",
            (
                "receipts_at", "receipt_id_at", "receipt_status_at", "receipt_states", "receipt_code_at",
                "receipt_to_at", "callback_auth", "callback_name", "callback_secret", "callback_networks",
                "callback_number",
            ),
        ),
    )  # fmt: skip

    def clean_tls_fingerprint(self) -> str:
        pin = str(self.cleaned_data["tls_fingerprint"]).replace(":", "").replace(" ", "").lower()
        if pin and not _FINGERPRINT.fullmatch(pin):
            raise forms.ValidationError("A SHA-256 fingerprint has 64 hexadecimal digits.")
        return pin

    def clean_callback_networks(self) -> str:
        given = str(self.cleaned_data["callback_networks"])
        for word in given.replace(",", " ").split():
            try:
                ipaddress.ip_network(word, strict=False)
            except ValueError as problem:
                raise forms.ValidationError(f"“{word[:40]}” is no network: write one like 203.0.113.0/24.") from problem
        return " ".join(given.replace(",", " ").split())

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField) and given.get(name) is None and name not in self.errors:
                given[name] = field.initial
        for name, read in _READING.items():
            try:
                read(given.get(name) or "")
            except (PlaceProblem, MappingProblem) as problem:
                self.add_error(name, str(problem))
        self._check_request(given)
        self._check_login(given)
        return given

    def _check_request(self, given: Mapping[str, Any]) -> None:
        parts = _address(given.get("url") or "")
        if parts is None:
            self.add_error("url", "This is no address: look at its host and its port.")
        elif "url" in given and (parts.scheme not in ("https", "http") or not parts.hostname):
            self.add_error("url", "Write an address that begins with https:// and a host.")
        elif parts.scheme == "http" and not given.get("inside"):
            self.add_error("url", "Texts and passwords would cross the Internet in the clear: write https://.")
        if given.get("tls_fingerprint") and parts is not None and parts.scheme != "https":
            self.add_error("tls_fingerprint", "It has no effect without https.")
        try:
            names = Composer({**given, "url": given.get("url") if parts else ""}, {}).names
        except TemplateProblems as problem:
            for name, words in problem.by_field.items():
                self.add_error(name, words)
        else:
            self._check_values(names, given)

    def _check_values(self, names: Container[str], given: Mapping[str, Any]) -> None:
        """What belongs to the route and stands in a template has a value."""
        for name in ("username", "password"):
            if name in names and not given.get(name) and name not in self.stored_secrets:
                self.add_error(name, f"{{{name}}} stands in what is sent, and none is saved: fill it in.")

    def _check_login(self, given: Mapping[str, Any]) -> None:
        if given.get("auth") == Login.HEADER and not _NAME.fullmatch(given.get("auth_header") or ""):
            self.add_error("auth_header", "Name the header that carries the key.")
        if given.get("auth") == Login.BASIC and not given.get("username"):
            self.add_error("username", "Basic login needs a user name.")
        if (given.get("callback_auth") or CallbackAuth.NONE) != CallbackAuth.NONE and not given.get("callback_name"):
            self.add_error("callback_name", "Name the user, or the header that carries the secret or the signature.")
        if given.get("receipt_id_at") and not given.get("receipt_status_at"):
            self.add_error("receipt_status_at", "A receipt needs a place for its status too.")
        if int(given.get("batch_size") or 1) > 1 and not given.get("items_at"):
            self.add_error("items_at", "With several messages in a request it must be known where their answers are.")
        if given.get("item_reference_at") and "{reference" not in (given.get("item") or ""):
            self.add_error("item_reference_at", "One message of several has no {reference} that could be repeated.")


def _address(url: str) -> SplitResult | None:
    """None for one whose host or port cannot be read: that of an open bracket, of a port that is no port."""
    try:
        parts = urlsplit(url)
        is_readable = parts.port != 0
    except ValueError:
        return None
    return parts if is_readable else None


@dataclass(frozen=True, slots=True)
class HttpSettings:
    url: str
    is_tls: bool
    host: str
    port: int
    inside: bool
    tls_fingerprint: str
    connect_s: float
    answer_s: float
    keep_s: float
    batch_size: int
    answers: AnswerMap


def _checked(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> dict[str, Any]:
    """The stored settings, checked once more: they may be older than the form.

    Raises:
        RouteConfigProblem: the first field that is wrong, with the form's own words; never a secret's value.
    """
    form = HttpSettingsForm({**settings, **secrets})
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise RouteConfigProblem(f"{name}: {problems[0]}", field=name)
    return dict(form.cleaned_data)


def read_settings(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> tuple[HttpSettings, Composer]:
    """
    Raises:
        RouteConfigProblem: see _checked.
    """
    given = _checked(settings, secrets)
    parts = urlsplit(given["url"])
    is_tls = parts.scheme == "https"
    answers = AnswerMap(
        read_conditions(given["accepted_when"]),
        read_place(given["id_at"]),
        read_place(given["code_at"]),
        read_place(given["words_at"]),
        read_place(given["parts_at"]),
        read_path(given["items_at"]) if given["batch_size"] > 1 else None,
        read_codes(given["error_map"]),
        read_path(given["item_reference_at"]),
    )
    read = HttpSettings(
        given["url"],
        is_tls,
        parts.hostname or "",
        parts.port or (443 if is_tls else 80),
        given["inside"],
        given["tls_fingerprint"],
        given["connect_s"],
        given["answer_s"],
        given["keep_s"],
        given["batch_size"],
        answers,
    )
    return read, Composer(given, secrets)


def read_callback_map(settings: Mapping[str, Any]) -> CallbackMap:
    """How the route's receipts are read; settings that were stored are valid, or were once."""
    states: Mapping[str, ReceiptState] = read_states(str(settings.get("receipt_states") or ""))
    return CallbackMap(
        read_path(str(settings.get("receipts_at") or "")),
        read_place(str(settings.get("receipt_id_at") or "")),
        read_place(str(settings.get("receipt_status_at") or "")),
        read_place(str(settings.get("receipt_code_at") or "")),
        read_place(str(settings.get("receipt_to_at") or "")),
        states,
    )
