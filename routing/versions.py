"""What a version of a route remembers, and what differs between two of them. Of secrets only fingerprints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.crypto import salted_hmac

from kernel.web.templatetags.ui import money
from routing import registry
from routing.errors import SecretsUnreadable
from routing.models import Route
from routing.secrets import unseal
from routing.statuses import RouteState

Snapshot = dict[str, Any]

# Columns of a route that a version keeps and going back brings again, with their labels.
TERMS: Final[Mapping[str, str]] = {
    "name": "Name",
    "state": "Use",
    "tps": "Parts a second",
    "window": "Window",
    "binds": "Binds",
    "otp_binds": "Binds for passcodes",
    "cost_micros": "Cost of a segment",
    "currency": "Currency",
    "validity_cap_hours": "Longest validity in hours",
    "patience_s": "Patience in seconds",
}
FINGERPRINT_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed, in words; empty where it did not exist."""

    label: str
    before: str
    after: str


def snapshot(route: Route) -> Snapshot:
    """The route as JSON values; one query for its costs."""
    return {
        "kind": route.kind,
        **{name: getattr(route, name) for name in TERMS},
        "state": str(route.state),
        "settings": dict(route.settings),
        "secrets": fingerprints(route.secrets_encrypted),
        "costs": dict(route.costs.order_by("prefix").values_list("prefix", "cost_micros")),
    }


def fingerprints(token: str) -> dict[str, str]:
    """Secret → a few digits that tell whether it is still the same, and nothing else: keyed by SECRET_KEY."""
    try:
        secrets = unseal(token)
    except SecretsUnreadable:
        return {"secrets": "unreadable"}
    return {name: _fingerprint(name, value) for name, value in sorted(secrets.items())}


def _fingerprint(name: str, value: str) -> str:
    content = json.dumps([name, value])
    return salted_hmac("routing.versions", content, algorithm="sha256").hexdigest()[:FINGERPRINT_LENGTH]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """What a person reads: labels and values, in the order of the form."""
    old, new = (dict(_values(version)) for version in (before, after))
    labels = [*new, *(label for label in old if label not in new)]
    return [
        Difference(label, old.get(label, ""), new.get(label, ""))
        for label in labels
        if old.get(label, "") != new.get(label, "")
    ]


def _values(version: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    currency = str(version.get("currency", ""))
    for name, label in TERMS.items():
        value = version.get(name)
        if name == "cost_micros":
            yield label, money(value or 0, currency)
        elif name == "state" and value:
            yield label, RouteState(value).label
        elif value is not None:
            yield label, str(value)
    for prefix, micros in version.get("costs", {}).items():
        yield f"Cost of a segment to +{prefix}", money(micros, currency)
    kind = str(version.get("kind", ""))
    yield from setting_words(kind, version.get("settings", {}))
    fields = _fields(kind)
    for name, value in version.get("secrets", {}).items():
        yield _label(fields, name), f"secret, fingerprint {value}"


def setting_words(kind: str, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and value of each setting as the provider's form says them; what is empty or off is left out."""
    fields = _fields(kind)
    names = [*(name for name in fields if name in settings), *(name for name in settings if name not in fields)]
    return [
        (_label(fields, name), _said(fields.get(name), settings[name]))
        for name in names
        if not _is_empty(settings[name])
    ]


def _said(field: forms.Field | None, value: object) -> str:
    if value is True:
        return "yes"
    # A list by now: the field has unfolded what it was given.
    pairs: Any = field.choices if isinstance(field, forms.ChoiceField) else ()
    return str(dict(pairs).get(value, value))


def _is_empty(value: object) -> bool:
    """What a form leaves empty and what it never asked are the same."""
    return value is None or value is False or value == ""


def _fields(kind: str) -> Mapping[str, forms.Field]:
    """Of the provider's form; none for a kind that is no longer installed."""
    provider = registry.providers().get(kind)
    return provider.settings_form().fields if provider else {}


def _label(fields: Mapping[str, forms.Field], name: str) -> str:
    """What the provider's form calls a setting."""
    if name not in fields:
        return name
    return str(fields[name].label or name.replace("_", " ").capitalize())


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Snapshot, Snapshot]:
    """The values of the two that differ, without nesting: what the trail keeps."""
    old, new = _flat(before), _flat(after)
    names = [name for name in {**new, **old} if old.get(name) != new.get(name)]
    return {name: old[name] for name in names if name in old}, {name: new[name] for name in names if name in new}


def _flat(version: Mapping[str, Any]) -> Snapshot:
    flat: Snapshot = {}
    for name, value in version.items():
        inner = {f"{name} {key}": each for key, each in value.items()} if isinstance(value, Mapping) else {name: value}
        flat |= {key: each for key, each in inner.items() if not _is_empty(each)}
    return flat
