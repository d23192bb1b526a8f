"""From messages to requests: templates filled, encoded and signed on for one aggregator."""

from __future__ import annotations

import base64
import json
import secrets as chance
from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import count
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode, urlsplit

from kernel.smpp.constants import DataCoding, Tag
from kernel.telecom.alphabet import decode_gsm
from routing.contract import Outgoing
from routing.providers.http.templates import (
    EVERY,
    MESSAGES,
    OF_ROUTE,
    OF_STRIDE,
    Document,
    Fields,
    Template,
    TemplateProblem,
    TemplateProblems,
    in_url,
)

_MINUTE: Final = 60
# Nothing that comes with a message may stand in a header: texts contain line ends.
_IN_HEADERS: Final = OF_ROUTE
_DLT_ENTITY: Final = int(Tag.DLT_ENTITY_ID)
_DLT_TEMPLATE: Final = int(Tag.DLT_TEMPLATE_ID)
_DLT_CHAIN: Final = int(Tag.DLT_CHAIN_HASH)


class Shape(StrEnum):
    FORM = "form"
    JSON = "json"
    QUERY = "query"


class Login(StrEnum):
    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    HEADER = "header"


class Request(NamedTuple):
    """`references` are those of its messages, in their order."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    references: list[str]


class Composer:
    """
    Args:
        given: the form's fields.
        secrets: `password`; missing ones are empty.

    Raises:
        TemplateProblems: of each field whose template is wrong, the first problem.
    """

    def __init__(self, given: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        self.callback_url = ""
        self._secrets = {"username": str(given.get("username") or ""), "password": secrets.get("password", "")}
        self._given = given
        self._method = given.get("method") or "POST"
        self._shape = Shape(given.get("shape") or Shape.FORM)
        self._is_list = int(given.get("batch_size") or 1) > 1
        parts = urlsplit(str(given.get("url") or ""))
        self._query = parts.query
        self._problems: dict[str, str] = {}
        in_path = OF_ROUTE if self._is_list else OF_ROUTE | {"to", "to_digits", "reference"}
        self._path = self._read("url", lambda: Template(parts.path or "/", in_path))
        self._headers = self._read("headers", lambda: Fields(str(given.get("headers") or ""), _IN_HEADERS, ":"))
        self._fields = Fields("", EVERY)
        self._document: Document | None = None
        self._item: Document | None = None
        self._read("body", self._read_body)
        self._read("item", self._read_item)
        if self._problems:
            raise TemplateProblems(self._problems)
        self._run = chance.token_hex(5)
        self._numbers = count(1)

    def _read(self, field: str, read: Any) -> Any:
        """None where it is wrong: all fields are read before that is told."""
        try:
            return read()
        except TemplateProblem as problem:
            self._problems[field] = str(problem)
            return None

    @property
    def names(self) -> set[str]:
        """The placeholders that stand anywhere."""
        read = [self._path, *(template for each in (self._headers, self._fields) for _, template in each.fields)]
        read += [document for document in (self._document, self._item) if document]
        return {name for each in read for name in each.names}

    def _read_body(self) -> None:
        source = str(self._given.get("body") or "")
        if self._shape is not Shape.JSON:
            if self._is_list:
                raise TemplateProblem("several messages in a request need JSON")
            self._fields = Fields(source, EVERY)
            return
        if self._method == "GET":
            raise TemplateProblem("GET carries no JSON: choose POST, or fields in the address")
        around = OF_ROUTE | OF_STRIDE | {MESSAGES} if self._is_list else EVERY
        self._document = Document(source, around)
        if self._is_list and MESSAGES not in self._document.names:
            raise TemplateProblem('several messages in a request need the string "{messages}" where their list goes')

    def _read_item(self) -> None:
        if self._is_list:
            self._item = Document(str(self._given.get("item") or ""), EVERY)

    def compose(self, sender: str, messages: Sequence[Outgoing], cap_s: int | None) -> Request:
        """One request for all these messages.

        Raises:
            ValueError: a value does not fit where the template puts it.
        """
        references = [f"{self._run}{next(self._numbers):x}" for _ in messages]
        each = [self._values(sender, message, ref, cap_s) for message, ref in zip(messages, references, strict=True)]
        if self._shape is Shape.JSON and self._document is not None:
            items = [self._item.fill(values) for values in each] if self._item else []
            # Around a list there are no placeholders of messages.
            body = json.dumps(self._document.fill(each[0], items), ensure_ascii=False).encode()
            return self._request(each[0], body, "application/json", "", references)
        encoded = urlencode(self._fields.fill(each[0]))
        if self._shape is Shape.QUERY:
            return self._request(each[0], b"", "", encoded, references)
        return self._request(each[0], encoded.encode(), "application/x-www-form-urlencoded", "", references)

    def _request(self, values: Mapping[str, str], body: bytes, kind: str, query: str, references: list[str]) -> Request:
        target = self._path.fill(values, in_url)
        together = "&".join(filter(None, [self._query, query]))
        headers = [*self._headers.fill(values), *self._login()]
        if kind:
            headers.append(("Content-Type", kind))
        return Request(self._method, f"{target}?{together}" if together else target, headers, body, references)

    def _login(self) -> list[tuple[str, str]]:
        login, password = self._given.get("auth") or Login.NONE, self._secrets["password"]
        if login == Login.BASIC:
            pair = base64.b64encode(f"{self._secrets['username']}:{password}".encode()).decode()
            return [("Authorization", f"Basic {pair}")]
        if login == Login.BEARER:
            return [("Authorization", f"Bearer {password}")]
        return [(str(self._given["auth_header"]), password)] if login == Login.HEADER else []

    def _values(self, sender: str, message: Outgoing, reference: str, cap_s: int | None) -> dict[str, str]:
        is_unicode = message.data_coding == DataCoding.UCS2
        octets, tlvs = b"".join(message.short_messages), dict(message.tlvs)
        validity_s = message.validity_s if cap_s is None else min(message.validity_s, cap_s)
        return {
            **self._secrets,
            "callback_url": self.callback_url,
            "from": sender,
            "to": message.recipient,
            "to_digits": message.recipient.removeprefix("+"),
            "text": octets.decode("utf-16-be", "replace") if is_unicode else decode_gsm(octets),
            "reference": reference,
            "unicode": "1" if is_unicode else "0",
            "parts": str(len(message.short_messages)),
            "validity_minutes": str(max(1, validity_s // _MINUTE)),
            "dlt_entity_id": tlvs.get(_DLT_ENTITY, b"").decode("ascii", "replace"),
            "dlt_template_id": tlvs.get(_DLT_TEMPLATE, b"").decode("ascii", "replace"),
            "dlt_chain": tlvs.get(_DLT_CHAIN, b"").decode("ascii", "replace"),
        }
