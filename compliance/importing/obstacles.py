"""What keeps a row out of the register: ids that another record has, found in the diff or at the last moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from django.db import DataError, IntegrityError

from compliance.importing.cells import Finding
from compliance.importing.fields import Kind
from compliance.importing.judging import Reading
from kernel.domain.errors import DomainError

# Ids of the portal that tell no record apart here, and that two records cannot have.
_OWN_ID: Final = {Kind.CONSENTS: "consent_id"}
_AGAIN: Final = "Compare the file with the register, correct one of them, and import the file again."
_TAKEN: Final = {
    "compliance_consenttemplate_dlt_id": "Another consent template has this id by now.",
    "compliance_consenttemplate_unique": "The entity has a consent template of this name by now.",
    "compliance_dlt_template_id_unique": "Another template has this id by now.",
    "compliance_dlt_registration_unique": "The template has another id in this country by now.",
    "compliance_template_version_unique": "There is a template of this name and version by now.",
    "compliance_sender_header_unique": "Another sender has this header by now.",
    "compliance_sender_registration_unique": "The sender is registered in this country by now.",
    "compliance_entity_dlt_id_unique": "Another entity has this id by now.",
    "compliance_chain_hash_unique": "The entity has this chain by now.",
    "compliance_link_unique": "The entity has this link or number by now.",
}


def refuse_taken_ids(kind: str, readings: Sequence[Reading], stored: Mapping[str, Mapping[str, str]]) -> None:
    """Refuse rows whose id another record has, or another row claims."""
    name = _OWN_ID.get(Kind(kind))
    if name is None:
        return
    owners = {values[name]: key for key, values in stored.items() if values.get(name)}
    claims: dict[str, dict[str, int]] = {}
    for reading in readings:
        if not reading.is_refused:
            claims.setdefault(reading.values[name], {}).setdefault(reading.key, reading.number)
    for reading in readings:
        if reading.is_refused:
            continue
        value = reading.values[name]
        if owners.get(value, reading.key) != reading.key:
            _refuse(reading, f"“{_name_of(stored[owners[value]])}” has the id {value} already.")
        elif len(claims[value]) > 1:
            numbers = ", ".join(str(number) for number in list(claims[value].values())[:5])
            _refuse(reading, f"Rows {numbers} have the id {value} and different names.")


def as_finding(problem: DomainError | IntegrityError | DataError) -> Finding:
    """Why the register did not take a row that the diff had found good."""
    if isinstance(problem, DomainError):
        return Finding(problem.code, problem.detail, problem.remedy, is_refusal=True)
    constraint = _constraint(problem)
    sentence = _TAKEN.get(constraint) or (
        "A value of this row is longer than its place in the register."
        if isinstance(problem, DataError)
        else f"The register does not take this row ({constraint or 'it contradicts another record'})."
    )
    return Finding("not_taken", sentence, _AGAIN, is_refusal=True)


def _constraint(problem: Exception) -> str:
    diagnostics = getattr(problem.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) or ""


def _refuse(reading: Reading, sentence: str) -> None:
    reading.refuse(
        "id_taken", sentence, "Compare both with the portal; where it was renamed there, rename it here first."
    )


def _name_of(values: Mapping[str, str]) -> str:
    return values.get("name", "")
