"""The settings of an SMPP route: the form staff fill in, and the same as typed values."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from django import forms

from kernel.smpp.constants import BindKind
from kernel.smpp.status_map import Action
from routing.chain_settings import CHAIN_FIELDS, ChainSettingsForm, without_chain
from routing.errors import RouteConfigProblem
from routing.providers.smpp.error_map import ErrorMapProblem, read_error_map
from routing.statuses import Lane

SECRET_FIELDS: Final = frozenset({"password"})
BIND_KINDS: Final[Mapping[str, tuple[BindKind, ...]]] = {
    "transceiver": (BindKind.TRANSCEIVER,),
    "pair": (BindKind.TRANSMITTER, BindKind.RECEIVER),
    "transmitter": (BindKind.TRANSMITTER,),
}
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")
VERSION_3_3: Final = 0x33
_ASCII: Final = ("system_id", "password", "system_type", "service_type", "address_range")


class Joining(StrEnum):
    """How the parts of a long text are marked as one."""

    UDH8 = "udh8"
    UDH16 = "udh16"
    SAR = "sar"
    PAYLOAD = "payload"


def _octet(label: str, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(min_value=0, max_value=255, required=False, label=label, help_text=help_text)


class SmppSettingsForm(ChainSettingsForm):
    """Lengths are those of SMPP 3.4 section 4.1.1, which counts a NUL more."""

    host = forms.CharField(max_length=253, help_text="Of several addresses each is tried; the one that answered stays.")
    port = forms.IntegerField(min_value=1, max_value=65_535, initial=2775)
    tls = forms.BooleanField(required=False, label="TLS from the first octet")
    tls_name = forms.CharField(
        max_length=253, required=False, label="Name in the certificate", help_text="Where it is not the host."
    )
    tls_ca = forms.CharField(
        required=False,
        max_length=20_000,
        widget=forms.Textarea,
        label="Certificate authority (PEM)",
        help_text="Left empty: those of the system.",
    )
    tls_fingerprint = forms.CharField(
        required=False,
        max_length=95,
        label="Pinned certificate (SHA-256)",
        help_text="64 hexadecimal digits, colons allowed. Only this certificate is taken, whoever signed it.",
    )
    system_id = forms.CharField(max_length=15)
    password = forms.CharField(max_length=8, required=False, widget=forms.PasswordInput)
    system_type = forms.CharField(max_length=12, required=False)
    bind_as = forms.ChoiceField(
        choices=[("transceiver", "Transceiver"), ("pair", "Transmitter and receiver")], initial="transceiver"
    )
    passcodes_bind_as = forms.ChoiceField(
        choices=[("", "As the others"), ("transmitter", "Transmitter")],
        required=False,
        label="Connections for passcodes",
        help_text="Transmitter: receipts come over the other connections alone, so none stands before a passcode.",
    )
    interface_version = forms.TypedChoiceField(
        choices=[(0x34, "3.4"), (0x33, "3.3, without optional parameters"), (0x50, "5.0")],
        coerce=int,
        required=False,
        initial=0x34,
        label="SMPP version",
    )
    address_range = forms.CharField(max_length=40, required=False, help_text="Left empty unless the operator names it.")
    service_type = forms.CharField(max_length=5, required=False)
    alpha_ton = _octet("TON of names", "Left empty: 5, alphanumeric.")
    alpha_npi = _octet("NPI of names", "Left empty: 0, unknown.")
    short_ton = _octet("TON of short codes", "Left empty: 3, network specific.")
    short_npi = _octet("NPI of short codes", "Left empty: 0, unknown.")
    number_ton = _octet("TON of long numbers", "Left empty: 1, international.")
    number_npi = _octet("NPI of long numbers", "Left empty: 1, E.164.")
    recipient_ton = _octet("TON of recipients", "Left empty: 1, international.")
    recipient_npi = _octet("NPI of recipients", "Left empty: 1, E.164.")
    gsm_coding = _octet("data_coding of GSM texts", "Left empty: 0, the centre's default alphabet.")
    joining = forms.ChoiceField(
        choices=[
            (Joining.UDH8, "Header with an 8 bit reference"),
            (Joining.UDH16, "Header with a 16 bit reference"),
            (Joining.SAR, "Optional parameters (SAR)"),
            (Joining.PAYLOAD, "One message_payload"),
        ],
        required=False,
        initial=Joining.UDH8,
        label="Parts of a long text",
    )
    dlt_entity_tag = forms.CharField(
        max_length=6, required=False, label="Tag of the entity id", help_text="Left empty: 0x1400."
    )
    dlt_template_tag = forms.CharField(
        max_length=6, required=False, label="Tag of the template id", help_text="Left empty: 0x1401."
    )
    dlt_chain_tag = forms.CharField(
        max_length=6, required=False, label="Tag of the chain hash", help_text="Left empty: 0x1402."
    )
    dlt_terminated = forms.BooleanField(
        required=False, label="NUL behind DLT ids", help_text="Some operators want the ids of India ended by a NUL."
    )
    accepted_is_final = forms.BooleanField(
        required=False,
        label="ACCEPTD is the last word",
        help_text="For operators that send nothing behind it: it counts as delivered.",
    )
    one_receipt = forms.BooleanField(
        required=False,
        label="One receipt for all parts",
        help_text="A long text counts as delivered ten minutes after a part is, when no receipt speaks against it.",
    )
    error_map = forms.CharField(
        required=False,
        max_length=4_000,
        widget=forms.Textarea,
        label="Meaning of the operator's own codes",
        help_text="One a line, like “0x40B = FINAL operator_rejected”: LATER, OTHER, FINAL, CONFIG or THROTTLED.",
    )

    # Read by the console: headings with the fields below them, and those that most operators leave as they are.
    groups: Final = (
        ("Operator", ("host", "port", "system_id", "password", "system_type")),
        ("Connections", ("bind_as", "passcodes_bind_as", "interface_version")),
        ("TLS", ("tls", "tls_name", "tls_ca", "tls_fingerprint")),
        ("Long texts and receipts", ("joining", "one_receipt", "accepted_is_final")),
        (
            "Registration in India (DLT)",
            (*CHAIN_FIELDS, "dlt_entity_tag", "dlt_template_tag", "dlt_chain_tag", "dlt_terminated"),
        ),
        (
            "Addresses and alphabet",
            (
                *("alpha_ton", "alpha_npi", "short_ton", "short_npi", "number_ton", "number_npi"),
                *("recipient_ton", "recipient_npi", "address_range", "service_type", "gsm_coding"),
            ),
        ),
        ("The operator's own error codes", ("error_map",)),
    )
    folded: Final = frozenset(heading for heading, _ in groups[2:])

    def clean_tls_fingerprint(self) -> str:
        pin = str(self.cleaned_data["tls_fingerprint"]).replace(":", "").replace(" ", "").lower()
        if pin and not _FINGERPRINT.fullmatch(pin):
            raise forms.ValidationError("A SHA-256 fingerprint has 64 hexadecimal digits.")
        return pin

    def clean_tls_ca(self) -> str:
        given = str(self.cleaned_data["tls_ca"]).strip()
        if given:
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=given)
            except ssl.SSLError as problem:
                raise forms.ValidationError("These are no certificates in PEM form.") from problem
        return given

    def clean_dlt_entity_tag(self) -> str:
        return _clean_tag(self.cleaned_data["dlt_entity_tag"])

    def clean_dlt_template_tag(self) -> str:
        return _clean_tag(self.cleaned_data["dlt_template_tag"])

    def clean_dlt_chain_tag(self) -> str:
        return _clean_tag(self.cleaned_data["dlt_chain_tag"])

    def clean_error_map(self) -> str:
        given = str(self.cleaned_data["error_map"])
        try:
            read_error_map(given)
        except ErrorMapProblem as problem:
            raise forms.ValidationError(str(problem)) from problem
        return given

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name in ("tls_name", "tls_ca", "tls_fingerprint"):
            if given.get(name) and not given.get("tls"):
                self.add_error(name, "It has no effect without TLS: switch TLS on, or leave this empty.")
        for name in _ASCII:
            if not str(given.get(name) or "").isascii():
                self.add_error(name, "SMPP carries ASCII characters only.")
        if given.get("interface_version") == VERSION_3_3 and given.get("joining") in (Joining.SAR, Joining.PAYLOAD):
            self.add_error("joining", "SMPP 3.3 has no optional parameters: choose a header.")
        return given


def _clean_tag(given: str) -> str:
    if given and not re.fullmatch(r"0[xX][0-9A-Fa-f]{4}", given):
        raise forms.ValidationError("A tag is written like 0x1400.")
    return given


def _tag(given: str, usual: int) -> int:
    return int(given, 16) if given else usual


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """`dlt_tags`: the usual tag of a registration id → the one this operator takes. `error_map`: its own refusals."""

    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    tls: bool = False
    tls_name: str = ""
    tls_ca: str = ""
    tls_fingerprint: str = ""
    system_type: str = ""
    bind_as: str = "transceiver"
    passcodes_bind_as: str = ""
    interface_version: int = 0x34
    address_range: str = ""
    service_type: str = ""
    alpha_ton: int | None = None
    alpha_npi: int | None = None
    short_ton: int | None = None
    short_npi: int | None = None
    number_ton: int | None = None
    number_npi: int | None = None
    recipient_ton: int | None = None
    recipient_npi: int | None = None
    gsm_coding: int | None = None
    joining: Joining = Joining.UDH8
    dlt_tags: Mapping[int, int] = field(default_factory=dict)
    dlt_terminated: bool = False
    accepted_is_final: bool = False
    one_receipt: bool = False
    error_map: Mapping[int, Action] = field(default_factory=dict)

    @property
    def kinds(self) -> tuple[BindKind, ...]:
        return BIND_KINDS[self.bind_as]

    def of_lane(self, lane: str) -> SmppSettings:
        """As the connections of this lane are made."""
        is_other = lane == Lane.OTP and self.passcodes_bind_as
        return replace(self, bind_as=self.passcodes_bind_as) if is_other else self


def read_settings(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> SmppSettings:
    """The stored settings, checked once more: they may be older than the form.

    Raises:
        RouteConfigProblem: the first field that is wrong, with the form's own words; never a secret's value.
    """
    form = SmppSettingsForm({"bind_as": "transceiver", **settings, **secrets})
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise RouteConfigProblem(f"{name}: {problems[0]}", field=name)
    given = without_chain(form.cleaned_data)
    tags = {
        0x1400: _tag(given.pop("dlt_entity_tag"), 0x1400),
        0x1401: _tag(given.pop("dlt_template_tag"), 0x1401),
        0x1402: _tag(given.pop("dlt_chain_tag"), 0x1402),
    }
    given["interface_version"] = given["interface_version"] or 0x34
    given["joining"] = Joining(given["joining"] or Joining.UDH8)
    given["error_map"] = read_error_map(given["error_map"])
    return SmppSettings(**{**given, "password": secrets.get("password", "")}, dlt_tags=tags)
