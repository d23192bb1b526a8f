"""The fields of portals' exports and the names that portals give their columns. Never by position.

Exports have no published schema and their names drift (docs/rules.md#importing-from-a-portal).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from compliance.models import PortalImport

Kind = PortalImport.Kind
LEAVE: Final = ""
# Letters of other scripts that look like Latin ones, as people or programs mistype them.
_LOOKALIKES: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧοαν", "ABESIJKMHOPCTYXaeopcyxijsABEZHIKMNOPTYXoav"
)


def latin(text: str) -> str:
    """Look-alike letters as the Latin ones they look like."""
    return unicodedata.normalize("NFKC", text).translate(_LOOKALIKES)


def fold(column: str) -> str:
    """A column's name as aliases are written: small letters and digits, nothing else."""
    return "".join(char for char in latin(column).lower() if char.isalnum())


@dataclass(frozen=True, slots=True)
class Field:
    """One fact of a record.

    Args:
        column: what our own export calls it, as the portals' forms do.
        aliases: folded names, the most telling first: of two columns that fit, the earlier name wins.
    """

    name: str
    column: str
    aliases: tuple[str, ...] = ()
    is_required: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        return (fold(self.column), *self.aliases)


_STATUS: Final = (
    Field("status", "Status", ("approvalstatus", "templatestatus", "headerstatus", "entitystatus", "state")),
    Field("reason", "Reason", ("rejectionreason", "statusreason", "remarks", "remark", "comments")),
)
_ENTITY: Final = Field("entity_id", "Entity ID", ("peid", "principalentityid", "entityid", "dltentityid"))
_VALID: Final = (
    Field("valid_from", "Approved On", ("approvaldate", "statusdate", "validfrom", "registereddate", "registeredon")),
    Field("valid_to", "Valid Until", ("validto", "validtill", "expirydate", "expiry", "expireson", "validuntil")),
)
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    Kind.TEMPLATES: (
        Field(
            "template_id",
            "Template ID",
            ("dlttemplateid", "contenttemplateid", "dltctid", "ctid", "contentid", "dltid"),
            is_required=True,
        ),
        Field("name", "Template Name", ("contenttemplatename", "dlttemplatename", "name")),
        Field(
            "body",
            "Template Content",
            ("templatemessage", "templatebody", "templatetext", "contenttemplate", "content", "message", "text"),
            is_required=True,
        ),
        Field(
            "category",
            "Template Type",
            ("communicationtype", "messagetype", "smstype", "contenttype"),
            is_required=True,
        ),
        Field("header", "Header", ("headers", "headername", "senderid", "sender", "cli"), is_required=True),
        Field("business_category", "Category", ("contentcategory", "businesscategory", "templatecategory", "industry")),
        *_STATUS,
        Field("consent_id", "Consent ID", ("consenttemplateid", "dltconsentid", "consentdltid")),
        _ENTITY,
        *_VALID,
    ),
    Kind.HEADERS: (
        Field("header", "Header", ("headers", "headername", "senderid", "sender", "cli"), is_required=True),
        Field("header_id", "Header ID", ("dltheaderid", "headerregistrationid", "registrationid")),
        *_STATUS,
        Field("tenure", "Tenure", ("headertenure", "validitytype", "duration")),
        _ENTITY,
        *_VALID,
    ),
    Kind.ENTITIES: (
        Field("entity_id", "Entity ID", ("peid", "principalentityid", "dltentityid"), is_required=True),
        Field(
            "legal_name",
            "Entity Name",
            ("principalentityname", "organisationname", "organizationname", "companyname", "legalname", "name"),
            is_required=True,
        ),
        *_STATUS,
        *_VALID,
    ),
    Kind.CHAINS: (
        _ENTITY,
        Field(
            "telemarketers",
            "Telemarketer IDs",
            ("tmids", "tmid", "telemarketerid", "tmchain", "chain", "petmchain"),
            is_required=True,
        ),
        *_STATUS,
        *_VALID,
    ),
    Kind.LINKS: (
        Field(
            "value",
            "CTA",
            ("ctavalue", "url", "link", "ctaurl", "number", "callbacknumber", "ctacontent"),
            is_required=True,
        ),
        Field("kind", "CTA Type", ("urltype", "type", "ctakind", "linktype"), is_required=True),
        Field("header", "Header", ("headers", "headername", "senderid")),
        Field("registration_id", "CTA ID", ("urlid", "registrationid")),
        *_STATUS,
        _ENTITY,
        *_VALID,
    ),
    Kind.CONSENTS: (
        Field("consent_id", "Consent ID", ("consenttemplateid", "dltconsentid"), is_required=True),
        Field("name", "Consent Template Name", ("consentname", "templatename", "name"), is_required=True),
        Field("brand", "Brand Name", ("brand",)),
        Field("scope", "Scope", ("consenttext", "consentcontent", "content", "text"), is_required=True),
        *_STATUS,
        _ENTITY,
        *_VALID,
    ),
}


def recognise(
    kind: str,
    columns: Sequence[str],
    *,
    body: Sequence[Sequence[str]] = (),
    words: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """The field that each column becomes, LEAVE where nobody knows; no field twice.

    Portals swap names: “Template Type” is the category on some and TEXT or UNICODE on others, which call the category
    “Content Type”. Of several columns whose names fit, one whose cells say known words wins.

    Args:
        body: some rows below the header.
        words: per field, the folded words that its cells can say.
    """
    folded = [fold(column) for column in columns]
    mapping = [LEAVE] * len(columns)
    for field in FIELDS[kind]:
        fitting = [i for alias in field.names for i, name in enumerate(folded) if name == alias and not mapping[i]]
        said = (words or {}).get(field.name, ())
        spoken = (place for place in fitting if any(fold(row[place]) in said for row in body if place < len(row)))
        place = next(spoken, fitting[0] if fitting else None)
        if place is not None:
            mapping[place] = field.name
    return mapping


def header_key(columns: Sequence[str]) -> str:
    """What files with the same header row have in common, however it is capitalised and spaced."""
    return hashlib.sha256("\0".join(fold(column) for column in columns).encode()).hexdigest()


def missing_fields(kind: str, mapping: Sequence[str]) -> list[Field]:
    """Required fields that no column becomes."""
    return [field for field in FIELDS[kind] if field.is_required and field.name not in mapping]
