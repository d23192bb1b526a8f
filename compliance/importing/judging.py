"""From the cells of one row to what the file says about one record, with every finding."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from compliance.errors import InvalidDltId, InvalidHeader
from compliance.identifiers import INDIA, IdKind, parse_dlt_id, parse_header
from compliance.importing.cells import (
    CATEGORY_OF,
    KIND_OF,
    TENURE_OF,
    Finding,
    cell_text,
    read_body,
    read_date,
    read_header,
    read_state,
    word,
)
from compliance.importing.fields import Kind
from compliance.lint import lint
from compliance.matching import normalise_ends
from compliance.statuses import SenderKind

Cells = Mapping[str, str]
# A 19-digit id that a spreadsheet kept as a number ends so; a real one does once in ten thousand.
ZEROED: Final = "0000"
DOUBTFUL: Final = frozenset({"id_zeroed"})
_ROUNDED: Final = re.compile(r"[0-9.,]+\s*[eE]\s*\+?[0-9]+").fullmatch
_LISTED: Final = re.compile(r"[,;|>\s]+")
NAME_LENGTH: Final = 120
TRADE_LENGTH: Final = 80
VALUE_LENGTH: Final = 500
REASON_LENGTH: Final = 300


@dataclass(frozen=True, slots=True)
class Known:
    """What a row is judged against.

    Args:
        entity_ids: portal ids of the tenant's entities.
        default_entity: the one that rows without an entity belong to; "" when nobody said and there are several.
        headers: exact headers of senders that were not rejected.
    """

    entity_ids: frozenset[str]
    default_entity: str
    headers: frozenset[str]


@dataclass(slots=True)
class Reading:
    """What a row says: `key` tells the record, `values` its fields as text; fields that nobody told are absent."""

    number: int
    key: str = ""
    label: str = ""
    values: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def refuse(self, code: str, sentence: str, remedy: str) -> None:
        self.findings.append(Finding(code, sentence, remedy, is_refusal=True))

    def remark(self, code: str, sentence: str, remedy: str) -> None:
        self.findings.append(Finding(code, sentence, remedy))

    @property
    def is_refused(self) -> bool:
        return any(finding.is_refusal for finding in self.findings)

    @property
    def is_doubtful(self) -> bool:
        return any(finding.code in DOUBTFUL for finding in self.findings)


def judge(kind: str, number: int, cells: Cells, known: Known) -> Reading:
    """Read one row; whatever is in it, there is an answer."""
    reading = Reading(number)
    _JUDGES[kind](reading, cells, known)
    _portal_values(reading, cells)
    reading.label = (reading.label or reading.key or f"Row {number}")[:200]
    return reading


def _template(reading: Reading, cells: Cells, known: Known) -> None:
    reading.key = _id(reading, cells.get("template_id", ""), IdKind.TEMPLATE)
    reading.values["template_id"] = reading.key
    body, findings = read_body(cells.get("body", ""))
    reading.findings += findings
    reading.values["body"] = normalise_ends(body)
    reading.values["name"] = " ".join(cell_text(cells.get("name", "")).split())[:NAME_LENGTH] or reading.key
    reading.label = reading.values["name"]
    told = CATEGORY_OF.get(word(cell_text(cells.get("category", ""))))
    if told is None:
        reading.refuse(
            "category_unknown",
            f"“{cell_text(cells.get('category', ''))[:40]}” is no template type.",
            "Write Transactional, Service Implicit, Service Explicit, Promotional or Government.",
        )
    else:
        reading.values |= {"category_raw": told[0].value, "category": told[1].value}
    if trade := " ".join(cell_text(cells.get("business_category", "")).split()):
        reading.values["business_category"] = trade[:TRADE_LENGTH]
    _linked_header(reading, cells, known)
    if consent := cell_text(cells.get("consent_id", "")):
        reading.values["consent_id"] = _id(reading, consent, IdKind.CONSENT)
    for hint in lint(reading.values["body"], reading.values.get("category", "S")):
        if hint.is_error:
            reading.refuse(hint.code, hint.sentence, "Compare the text with the portal and correct the file.")
        elif hint.code == "variable_untagged":
            reading.remark(hint.code, "Its variables have no types yet.", "New registrations ask for them.")
        else:
            reading.remark(hint.code, hint.sentence, "It was registered so; this is advice for its next version.")


def _linked_header(reading: Reading, cells: Cells, known: Known) -> None:
    listed = [name for name in _LISTED.split(cell_text(cells.get("header", ""))) if name]
    if not listed:
        reading.refuse("header_missing", "No header is linked to the template.", "Link one on the portal.")
        return
    headers = []
    for name in listed:
        header, problem = read_header(name)
        reading.findings += [problem] if problem else []
        if problem and problem.is_refusal:
            return
        headers.append(header)
    chosen = next((header for header in headers if header in known.headers), headers[0])
    if len(headers) > 1:
        reading.remark(
            "several_headers",
            f"The row names {len(headers)} headers; a template is linked to one, {chosen} is taken.",
            "Unlink the others on the portal, or register the text once for each header.",
        )
    if chosen not in known.headers:
        folded = {header.upper(): header for header in known.headers}
        other = folded.get(chosen.upper())
        hint = f"Capitals matter: did it mean {other}?" if other else "Import the headers first."
        reading.refuse("header_unknown", f"There is no sender ID {chosen[:20]}.", hint)
    reading.values["header"] = chosen


def _header(reading: Reading, cells: Cells, known: Known) -> None:
    header, problem = read_header(cell_text(cells.get("header", "")))
    reading.key = reading.label = header[:15]
    reading.findings += [problem] if problem else []
    if not (problem and problem.is_refusal):
        kind = SenderKind.NUMERIC if header.isdigit() else SenderKind.ALPHA
        try:
            reading.key, warnings = parse_header(header, kind, INDIA)
        except InvalidHeader as refused:
            reading.refuse(refused.code, refused.detail, refused.remedy)
        else:
            for warning in warnings:
                reading.remark("header_odd", warning, "Nothing, if it is so on the portal.")
    reading.values["header"] = reading.key
    if registration := cell_text(cells.get("header_id", "")):
        reading.values["registration_id"] = _id(reading, registration, IdKind.HEADER)
    if tenure := cell_text(cells.get("tenure", "")):
        found = next((known_as for name, known_as in TENURE_OF.items() if word(tenure).startswith(name)), None)
        if found:
            reading.values["tenure"] = found.value
    _entity(reading, cells, known, is_needed=False)


def _entity_row(reading: Reading, cells: Cells, known: Known) -> None:
    reading.key = reading.values["entity_id"] = _id(reading, cells.get("entity_id", ""), IdKind.ENTITY)
    reading.label = reading.values["legal_name"] = " ".join(cell_text(cells.get("legal_name", "")).split())[:200]
    if not reading.label:
        reading.refuse("name_missing", "The entity has no name.", "Write its legal name into the row.")


def _chain(reading: Reading, cells: Cells, known: Known) -> None:
    entity = _entity(reading, cells, known)
    listed = [part for part in _LISTED.split(cell_text(cells.get("telemarketers", ""))) if part.strip("-")]
    ids = [_id(reading, part, IdKind.TELEMARKETER) for part in listed]
    if ids and ids[0] == entity:
        ids = ids[1:]
    if not ids:
        reading.refuse("chain_empty", "The chain names no telemarketer.", "Copy the ids from the portal, in order.")
    if len(set(ids)) < len(ids):
        reading.refuse(
            "chain_repeats", "The chain names a telemarketer twice.", "Copy the ids from the portal, in order."
        )
    reading.values["telemarketers"] = ",".join(ids)
    reading.key = f"{entity},{reading.values['telemarketers']}"
    reading.label = " → ".join(ids)


def _link(reading: Reading, cells: Cells, known: Known) -> None:
    entity = _entity(reading, cells, known)
    value = cell_text(cells.get("value", ""))
    told = cell_text(cells.get("kind", ""))
    kind = KIND_OF.get(word(told))
    if kind is None:
        reading.refuse(
            "cta_type_unknown",
            f"“{told[:40]}” is no kind of link or number.",
            "Write Static, Dynamic, Short, APK, OTT, WhatsApp, Mobile, Landline, Toll-free, Series or Email.",
        )
    if not value or len(value) > VALUE_LENGTH:
        reading.refuse("cta_missing", f"A CTA has 1 to {VALUE_LENGTH} characters.", "Copy it from the portal.")
    reading.values |= {"value": value[:VALUE_LENGTH], "kind": kind.value if kind else ""}
    if header := cell_text(cells.get("header", "")):
        reading.values["header"], problem = read_header(header[:15])
        reading.findings += [problem] if problem else []
    if registration := cell_text(cells.get("registration_id", "")):
        reading.values["registration_id"] = _id(reading, registration, IdKind.LINK)
    reading.key, reading.label = f"{entity}|{reading.values['kind']}|{value}", value


def _consent(reading: Reading, cells: Cells, known: Known) -> None:
    entity = _entity(reading, cells, known)
    name = " ".join(cell_text(cells.get("name", "")).split())[:NAME_LENGTH]
    scope, findings = read_body(cells.get("scope", ""))
    reading.findings += findings
    if not name or not scope.strip():
        reading.refuse("text_missing", "A consent template has a name and a text.", "Copy both from the portal.")
    reading.values |= {"name": name, "scope": normalise_ends(scope)}
    reading.values["consent_id"] = _id(reading, cells.get("consent_id", ""), IdKind.CONSENT)
    if brand := cell_text(cells.get("brand", "")):
        reading.values["brand"] = brand[:NAME_LENGTH]
    reading.key, reading.label = f"{entity}|{name}", name


_JUDGES: Final[Mapping[str, Callable[[Reading, Cells, Known], None]]] = {
    Kind.TEMPLATES: _template,
    Kind.HEADERS: _header,
    Kind.ENTITIES: _entity_row,
    Kind.CHAINS: _chain,
    Kind.LINKS: _link,
    Kind.CONSENTS: _consent,
}


def _id(reading: Reading, raw: str, kind: IdKind) -> str:
    text = cell_text(raw)
    try:
        parsed = parse_dlt_id(text, kind)
    except InvalidDltId as refused:
        code = "id_rounded" if _ROUNDED(text) else refused.code
        reading.refuse(code, refused.detail, refused.remedy)
        return text[:40]
    if parsed.value.endswith(ZEROED):
        reading.remark(
            "id_zeroed",
            f"The {kind} id {parsed.value} ends in 0000, as spreadsheets make of ids that they round.",
            "Compare it with the portal, then confirm the row, or correct the file.",
        )
    return parsed.value


def _entity(reading: Reading, cells: Cells, known: Known, *, is_needed: bool = True) -> str:
    told = cell_text(cells.get("entity_id", ""))
    entity = _id(reading, told, IdKind.ENTITY) if told else known.default_entity
    if told and entity not in known.entity_ids:
        reading.refuse("entity_unknown", f"There is no entity {entity}.", "Import the entities first, or add it.")
    # With several entities, nobody can tell whose a header is; with none, a header needs none.
    if not entity and (is_needed or len(known.entity_ids) > 1):
        reading.refuse(
            "entity_missing", "The row does not say whose it is.", "Choose the entity when you upload the file."
        )
    if entity:
        reading.values["entity_id"] = entity
    return entity


def _portal_values(reading: Reading, cells: Cells) -> None:
    if told := cell_text(cells.get("status", "")):
        if state := read_state(told):
            reading.values["portal_state"] = state.value
        else:
            reading.remark(
                "status_unknown",
                f"The status “{told[:40]}” is not known here: the state stays as it is, pending for a new record.",
                "Set it by hand, or write Active, Pending, Rejected, Suspended, Blacklisted or Retired.",
            )
    if "reason" in cells:
        reading.values["state_reason"] = cell_text(cells["reason"])[:REASON_LENGTH]
    for name in ("valid_from", "valid_to"):
        try:
            day = read_date(cell_text(cells.get(name, "")))
        except ValueError:
            reading.remark(
                "date_unreadable",
                f"“{cell_text(cells[name])[:40]}” is no date such as 31-12-2026, 31/12/2026 or 2026-12-31.",
                "The date was left out; correct it in the file if it matters.",
            )
            continue
        if day:
            reading.values[name] = day.isoformat()
