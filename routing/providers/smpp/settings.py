"""The settings of an SMPP route: the form staff fill in, and the same as typed values."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from kernel.smpp.constants import BindKind
from routing.errors import RouteConfigProblem

SECRET_FIELDS: Final = frozenset({"password"})
BIND_KINDS: Final[Mapping[str, tuple[BindKind, ...]]] = {
    "transceiver": (BindKind.TRANSCEIVER,),
    "pair": (BindKind.TRANSMITTER, BindKind.RECEIVER),
}
_AUTOMATIC: Final = "Left empty: chosen by the form of the sender."


class SmppSettingsForm(forms.Form):
    """Lengths are those of SMPP 3.4 section 4.1.1, which counts a NUL more."""

    host = forms.CharField(max_length=253)
    port = forms.IntegerField(min_value=1, max_value=65_535, initial=2775)
    tls = forms.BooleanField(required=False, label="TLS from the first octet")
    system_id = forms.CharField(max_length=15)
    password = forms.CharField(max_length=8, required=False, widget=forms.PasswordInput)
    system_type = forms.CharField(max_length=12, required=False)
    bind_as = forms.ChoiceField(
        choices=[("transceiver", "Transceiver"), ("pair", "Transmitter and receiver")], initial="transceiver"
    )
    service_type = forms.CharField(max_length=5, required=False)
    source_ton = forms.IntegerField(
        min_value=0, max_value=255, required=False, label="Sender's TON", help_text=_AUTOMATIC
    )
    source_npi = forms.IntegerField(
        min_value=0, max_value=255, required=False, label="Sender's NPI", help_text=_AUTOMATIC
    )
    dlt_terminated = forms.BooleanField(
        required=False, label="NUL behind DLT ids", help_text="Some operators want the ids of India ended by a NUL."
    )


@dataclass(frozen=True, slots=True)
class SmppSettings:
    host: str
    port: int
    system_id: str
    password: str
    tls: bool = False
    system_type: str = ""
    bind_as: str = "transceiver"
    service_type: str = ""
    source_ton: int | None = None
    source_npi: int | None = None
    dlt_terminated: bool = False

    @property
    def kinds(self) -> tuple[BindKind, ...]:
        return BIND_KINDS[self.bind_as]

    def ssl_context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context() if self.tls else None


def read_settings(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> SmppSettings:
    """The stored settings, checked once more: they may be older than the form.

    Raises:
        RouteConfigProblem: the first field that is wrong, with the form's own words; never a secret's value.
    """
    form = SmppSettingsForm({**settings, **secrets})
    if not form.is_valid():
        name, problems = next(iter(form.errors.items()))
        raise RouteConfigProblem(f"{name}: {problems[0]}", field=name)
    for name in ("system_id", "password", "system_type", "service_type"):
        if not str({**settings, **secrets}.get(name, "")).isascii():
            raise RouteConfigProblem(f"{name}: SMPP carries ASCII characters only", field=name)
    return SmppSettings(**{**form.cleaned_data, "password": secrets.get("password", "")})
