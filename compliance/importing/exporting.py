"""The register as files with the portals' column names: what is exported can be imported again and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from compliance.importing.fields import FIELDS, Kind
from compliance.importing.registers import register_of
from compliance.statuses import LinkKind, PortalCategory, PortalState, Tenure
from kernel.tables.cells import write_csv
from kernel.tables.workbooks import write_workbook

# What fields are called in the register where files call them otherwise.
_VALUE_OF: Final = {"status": "portal_state", "reason": "state_reason", "header_id": "registration_id"}
_CATEGORY: Final = {
    "T": PortalCategory.TRANSACTIONAL,
    "S": PortalCategory.SERVICE,
    "P": PortalCategory.PROMOTIONAL,
    "G": PortalCategory.GOVERNMENT,
}


def write_export(path: Path, *, kind: str, is_workbook: bool) -> int:
    """Write every record of a kind; returns how many. In the tenant's context."""
    header = [field.column for field in FIELDS[kind]]
    if is_workbook:
        return write_workbook(path, sheet=Kind(kind).label, header=header, rows=_rows(kind))
    return write_csv(path, header=header, rows=_rows(kind), has_bom=True)


def _rows(kind: str) -> Iterator[list[str]]:
    for values in register_of(kind).stored().values():
        yield [_cell(kind, field.name, values) for field in FIELDS[kind]]


def _cell(kind: str, name: str, values: Mapping[str, str]) -> str:
    if name == "category":
        return PortalCategory(values["category_raw"] or _CATEGORY[values["category"]]).label
    value = values.get(_VALUE_OF.get(name, name), "")
    label = _LABELS.get((kind, name)) or _LABELS.get(("", name))
    return label(value) if label and value else value


_LABELS: Final[Mapping[tuple[str, str], Callable[[str], str]]] = {
    ("", "status"): lambda value: str(PortalState(value).label),
    ("", "tenure"): lambda value: str(Tenure(value).label),
    (Kind.LINKS, "kind"): lambda value: str(LinkKind(value).label),
}
