"""Files as people upload them, taken through the steps of an import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from campaigns.importing.job import run_import
from campaigns.models import Import
from campaigns.services import imports
from campaigns.tests.builders import MAYA, NOW, number
from kernel.db.tenancy import tenant_context

HEADER: Final = "Mobile,Name,Order"


def csv_of(count: int, *, start: int = 0) -> bytes:
    lines = [HEADER, *(f"{number(index)},Person {index},A{index}" for index in range(start, start + count))]
    return "\n".join(lines).encode()


def upload(tenant_id: UUID, content: bytes | Iterable[bytes], *, name: str = "Customers", **fields: Any) -> Import:
    """Keep a file and let it be read."""
    chunks = [content] if isinstance(content, bytes) else content
    with tenant_context(tenant_id):
        job = imports.receive_file(
            chunks=chunks,
            filename=fields.pop("filename", "people.csv"),
            target=imports.Target(name=name, **fields),
            region="IN",
            actor=MAYA,
            now=NOW,
        )
    return work(tenant_id, job.id)


def work(tenant_id: UUID, import_id: UUID) -> Import:
    run_import(tenant_id=tenant_id, import_id=import_id, clock=lambda: NOW)
    return again(tenant_id, import_id)


def again(tenant_id: UUID, import_id: UUID) -> Import:
    with tenant_context(tenant_id):
        return Import.objects.get(pk=import_id)


def confirm(job: Import, *, mapping: list[str] | None = None, is_repeat_meant: bool = False) -> Import:
    with tenant_context(job.tenant_id):
        return imports.confirm(
            import_id=job.id,
            mapping=mapping or job.mapping,
            region=job.region,
            is_repeat_meant=is_repeat_meant,
            actor=MAYA,
            now=NOW,
        )


def take_in(tenant_id: UUID, content: bytes, **fields: Any) -> Import:
    """Upload, confirm as suggested, import."""
    job = upload(tenant_id, content, **fields)
    assert job.state == "mapping", job.problem
    return work(tenant_id, confirm(job, is_repeat_meant=True).id)
