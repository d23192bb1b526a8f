"""Variables of a template filled from a contact: one mapping for preview, cost and the real thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from campaigns.models import Campaign
from campaigns.services.audience import ContactRow
from compliance.models import Template
from messaging.drafts import Draft

# Columns every contact has, beside the attributes of its lists.
NAME_COLUMN: Final = "name"
PHONE_COLUMN: Final = "phone"
OWN_COLUMNS: Final = (NAME_COLUMN, PHONE_COLUMN)


@dataclass(frozen=True, slots=True)
class Filling:
    """How one campaign makes drafts of contacts.

    Args:
        names: of the template's variables, in order; `sources` says per variable where its value comes from.
    """

    sender: str
    template_id: UUID
    names: tuple[str, ...]
    sources: tuple[Mapping[str, str], ...]
    not_after: datetime | None

    @classmethod
    def of(cls, campaign: Campaign, template: Template) -> Filling:
        names = tuple(variable.name for variable in template.variable_list)
        return cls(template.sender.header, template.id, names, tuple(campaign.mapping), campaign.not_after)

    def draft(self, row: ContactRow, message_id: UUID | None = None) -> Draft:
        return Draft(
            recipient=row[1],
            sender=self.sender,
            template_id=self.template_id,
            variables=self.values(row),
            not_after=self.not_after,
            message_id=message_id,
            normalised=True,
        )

    def values(self, row: ContactRow) -> Sequence[str] | Mapping[str, str]:
        """The values in order; by name when some are missing, so that the rules say which (`variable_missing`).

        An untyped variable may be empty by the law of DLT, but a text with a hole is never what a campaign means.
        """
        values = [value_of(source, row) for source in self.sources]
        if all(values):
            return values
        return {name: value for name, value in zip(self.names, values, strict=False) if value}


def value_of(source: Mapping[str, str], row: ContactRow) -> str:
    if "text" in source:
        return source["text"]
    column = source.get("column", "")
    if column == NAME_COLUMN:
        return row[2]
    if column == PHONE_COLUMN:
        return row[1]
    attributes: Mapping[str, Any] = row[3]
    return str(attributes.get(column, "")).strip()
