from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from compliance.tests.company import Company, make_company
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7


@pytest.fixture
def tenant_id(db: None) -> Iterator[UUID]:
    """The test runs as this tenant."""
    value = uuid7()
    with tenant_context(value):
        yield value


@pytest.fixture
def company(db: None) -> Company:
    return make_company()
