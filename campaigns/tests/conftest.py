from __future__ import annotations

from collections.abc import Iterator

import pytest

from campaigns.tests.builders import Cast, make_cast
from kernel.db.tenancy import tenant_context


@pytest.fixture
def cast(db: None) -> Cast:
    """A tenant that can send; enter its context yourself."""
    return make_cast()


@pytest.fixture
def inside(cast: Cast) -> Iterator[Cast]:
    """The test runs as this tenant."""
    with tenant_context(cast.tenant_id):
        yield cast
