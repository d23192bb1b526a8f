"""Sources that are asked by HTTP, added by configuration alone: templates, login and sockets are those of HTTP routes.

One request a number. What the answer means is read by places and lists of words (docs/adding-a-lookup.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import h11
from django import forms

from kernel.telecom.e164 import E164
from routing.chain_settings import CHAIN_FIELDS
from routing.contract import Outgoing
from routing.errors import LookupConfigProblem
from routing.lookups.contract import LONGEST_NAME, LineType, LookupConfig, LookupResult, LookupStatus
from routing.providers.http.answers import AnswerMap
from routing.providers.http.client import Client, NoAnswer
from routing.providers.http.places import PlaceProblem, Told, read_place
from routing.providers.http.requests import Composer
from routing.providers.http.settings import HttpSettings, HttpSettingsForm
from routing.providers.http.templates import lines_of
from routing.reaching import NotReached

PLACES: Final = ("status_at", "line_at", "operator_at", "circle_at", "ported_at")
WORDS: Final = ("status_words", "line_words")
_TRUE: Final = frozenset({"1", "true", "yes", "y", "ported"})
_FALSE: Final = frozenset({"0", "false", "no", "n", "not ported"})
# Of messages, which nobody sends here.
_LEFT_OUT: Final = (
    "batch_size", "item", "accepted_when", "id_at", "items_at", "item_reference_at", "code_at", "words_at", "parts_at",
    "error_map", "receipts_at", "receipt_id_at", "receipt_status_at", "receipt_states", "receipt_code_at",
    "receipt_to_at", "callback_auth", "callback_name", "callback_secret", "callback_networks", "callback_number",
    *CHAIN_FIELDS,
)  # fmt: skip


class WordsProblem(ValueError):
    """A list of words that cannot be read; its text says which line and why."""


def read_words(text: str, meanings: frozenset[str]) -> Mapping[str, str]:
    """`live = active, reachable`, one meaning a line: word in lower case → meaning.

    Raises:
        WordsProblem: the first line that is wrong.
    """
    words: dict[str, str] = {}
    for number, line in lines_of(text):
        meaning, sign, given = (part.strip() for part in line.partition("="))
        if not sign or not given or meaning not in meanings:
            known = ", ".join(sorted(meanings))
            raise WordsProblem(f"line {number}: write it like “live = active, reachable”; there are {known}")
        words |= {word.strip().lower(): meaning for word in given.split(",") if word.strip()}
    return words


_STATUSES: Final = frozenset({"live", "absent", "unknown", "error"})
_LINES: Final = frozenset({"mobile", "landline", "other"})


def _place(label: str, help_text: str = "", *, required: bool = False) -> forms.CharField:
    return forms.CharField(max_length=200, required=required, label=label, help_text=help_text)


def _words(label: str, initial: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "translate": "no"})
    return forms.CharField(
        max_length=2_000, required=False, label=label, initial=initial, widget=widget,
        help_text="One meaning a line, then the source's words for it.",
    )  # fmt: skip


class HttpLookupForm(HttpSettingsForm):
    """Request, login and line of an HTTP route, with places for what the answer tells of a number."""

    status_at = _place("Status", "A place: data.0.status, header X-State, text, text Status: {}.", required=True)
    status_words = _words("Words of the status", "live = live, active, reachable\nabsent = absent, inactive, invalid")
    line_at = _place("Kind of line")
    line_words = _words("Words of the line", "mobile = mobile, wireless\nlandline = landline, fixed")
    operator_at = _place("Operator now")
    circle_at = _place("Circle or region")
    ported_at = _place("Ported", "A place with a truth value.")

    groups: Final = (  # type: ignore[misc, assignment]  # other headings than those of a route
        ("Request", ("url", "method", "shape", "body", "headers")),
        ("Login", ("auth", "username", "auth_header", "password")),
        ("Line", ("connect_s", "answer_s", "keep_s", "tls_fingerprint", "inside")),
        ("Answer", (*PLACES, *WORDS)),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in _LEFT_OUT:
            self.fields.pop(name, None)
        self.fields["answer_s"].help_text = "After that it is an error, and not paid."
        self.fields[
            "body"
        ].help_text = "As in routes; of the number there are {to} and {to_digits}, for us {reference}."

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        for name in PLACES:
            self._try(name, lambda text: read_place(text), given)
        self._try("status_words", lambda text: read_words(text, _STATUSES), given)
        self._try("line_words", lambda text: read_words(text, _LINES), given)
        return given

    def _try(self, name: str, read: Any, given: Mapping[str, Any]) -> None:
        try:
            read(str(given.get(name) or ""))
        except (PlaceProblem, WordsProblem) as problem:
            self.add_error(name, str(problem))


class Reading:
    """Where and in which words the answer tells what."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._places = {name: read_place(str(given.get(name) or "")) for name in PLACES}
        self._statuses = read_words(str(given.get("status_words") or ""), _STATUSES)
        self._lines = read_words(str(given.get("line_words") or ""), _LINES)

    def read(self, http_status: int, told: Told) -> LookupResult:
        """A word that nobody explained is no answer, and is shown to staff."""
        if not 200 <= http_status < 300:
            return LookupResult(LookupStatus.ERROR, detail=f"HTTP {http_status}")
        word = self._find("status_at", told)
        status = self._statuses.get(word.lower())
        if status is None:
            why = f"the status “{word[:40]}” is not explained in the settings" if word else "an answer without a status"
            return LookupResult(LookupStatus.ERROR, detail=why)
        line = self._lines.get(self._find("line_at", told).lower(), LineType.UNKNOWN)
        ported = self._find("ported_at", told).lower()
        return LookupResult(
            LookupStatus(status),
            LineType(line),
            self._find("operator_at", told)[:LONGEST_NAME],
            self._find("circle_at", told)[:LONGEST_NAME],
            True if ported in _TRUE else False if ported in _FALSE else None,
        )

    def _find(self, name: str, told: Told) -> str:
        place = self._places[name]
        return ((place and place.find(told)) or "").strip()


class HttpLookupSession:
    def __init__(self, client: Client, composer: Composer, reading: Reading) -> None:
        self._client, self._composer, self._reading = client, composer, reading

    async def ask(self, number: E164) -> LookupResult:
        question = Outgoing(None, number, (b"",), False, 0, 0)
        try:
            request = self._composer.compose("", [question], None)
            answer = await self._client.send(request)
        except (NotReached, NoAnswer) as problem:
            return LookupResult(LookupStatus.ERROR, detail=str(problem)[:200])
        except (ValueError, h11.LocalProtocolError):
            return LookupResult(LookupStatus.ERROR, detail="the number does not fit where the request puts it")
        told = Told(answer.headers, answer.body.decode("utf-8", "replace"), request.references[0])
        return self._reading.read(answer.status, told)

    async def close(self) -> None:
        self._client.close()


class HttpLookup:
    kind: Final = "http"
    label: Final = "HTTP"
    settings_form: Final = HttpLookupForm
    secret_fields: Final = frozenset({"password"})

    async def open(self, config: LookupConfig) -> HttpLookupSession:
        form = HttpLookupForm({**config.settings, **config.secrets})
        if not form.is_valid():
            name, problems = next(iter(form.errors.items()))
            raise LookupConfigProblem(f"{name}: {problems[0]}", field=name)
        given = form.cleaned_data
        if given["inside"] and not config.allows_inside:
            raise LookupConfigProblem(
                "inside: hosts of private networks are asked in development only.", field="inside"
            )
        return HttpLookupSession(Client(_line(given)), Composer(given, config.secrets), Reading(given))


def _line(given: Mapping[str, Any]) -> HttpSettings:
    parts = urlsplit(given["url"])
    is_tls = parts.scheme == "https"
    return HttpSettings(
        given["url"], is_tls, parts.hostname or "", parts.port or (443 if is_tls else 80), given["inside"],
        given["tls_fingerprint"], given["connect_s"], given["answer_s"], given["keep_s"], 1, AnswerMap(),
    )  # fmt: skip
