"""Variables of a template filled from a contact: one mapping for preview, cost and the real thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from campaigns.models import Campaign
from campaigns.services.audience import People
from compliance.consent.links import token_of, url_of
from compliance.matching import CompiledTemplate
from compliance.models import Template
from compliance.rules import Refusal, ordered, refusal_of_number
from kernel.db.tenancy import current_tenant_id
from messaging.drafts import Shared

# Sources of a mapping that are links of ours: {"link": OPT_OUT_LINK}.
OPT_OUT_LINK: Final = "opt_out"
# Columns every contact has, beside the attributes of its lists.
NAME_COLUMN: Final = "name"
PHONE_COLUMN: Final = "phone"
OWN_COLUMNS: Final = (NAME_COLUMN, PHONE_COLUMN)


@dataclass(frozen=True, slots=True)
class Filled:
    """The values of many people, a column per source of the mapping.

    Some people lack some values. An untyped variable may be empty by the law of DLT, but a text with a hole is never
    what a campaign means: the rules are then asked by name, so that they say which value is missing.
    """

    names: tuple[str, ...]
    columns: Sequence[Sequence[str]]
    count: int

    def arrange(self, compiled: CompiledTemplate) -> tuple[Sequence[Sequence[str]], Mapping[int, Refusal]]:
        if len(self.columns) != len(compiled.variables):
            return self._refuse_all(compiled)
        refused: dict[int, Refusal] = {}
        for number in {n for column in self.columns if "" in column for n, value in enumerate(column) if not value}:
            values = [column[number] for column in self.columns]
            known = {name: value for name, value in zip(self.names, values, strict=False) if value}
            answer = ordered(compiled, known)
            if isinstance(answer, Refusal):
                refused[number] = answer
        return self.columns, refused

    def _refuse_all(self, compiled: CompiledTemplate) -> tuple[Sequence[Sequence[str]], Mapping[int, Refusal]]:
        """A mapping made for another number of variables fills nobody's text."""
        refusal = refusal_of_number(compiled, [""] * len(self.columns))
        return [[""] * self.count for _ in compiled.variables], dict.fromkeys(range(self.count), refusal)


@dataclass(frozen=True, slots=True)
class Filling:
    """How one campaign makes messages of contacts.

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

    @property
    def shared(self) -> Shared:
        """What the campaign's messages have in common."""
        return Shared(sender=self.sender, template_id=self.template_id, not_after=self.not_after)

    @property
    def attributes(self) -> list[str]:
        """The attributes of contacts that the texts need, each once."""
        columns = (source["column"] for source in self.sources if "text" not in source and source.get("column"))
        return list(dict.fromkeys(column for column in columns if column not in OWN_COLUMNS))

    def filled(self, people: People) -> Filled:
        """Everybody's values."""
        columns = [self._column(source, people) for source in self.sources]
        return Filled(self.names, columns, len(people.phones))

    def _column(self, source: Mapping[str, str], people: People) -> Sequence[str]:
        if source.get("link") == OPT_OUT_LINK:
            tenant_id, sender = current_tenant_id(), self.sender
            return [
                url_of(token_of(tenant_id=tenant_id, recipient=phone, sender=sender, topic=None))
                for phone in people.phones
            ]
        return _column(source, people)


def _column(source: Mapping[str, str], people: People) -> Sequence[str]:
    if "text" in source:
        return [source["text"]] * len(people.phones)
    column = source.get("column", "")
    if column == NAME_COLUMN:
        return people.names
    if column == PHONE_COLUMN:
        return people.phones
    found = people.attributes.get(column)
    return [""] * len(people.phones) if found is None else [value.strip() if value else "" for value in found]
