from __future__ import annotations

import pytest
from django.db import ProgrammingError

from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from routing.models import Route, RouteGauge

pytestmark = pytest.mark.django_db


def test_a_tenants_role_reads_names_and_states_of_routes() -> None:
    with tenant_context(uuid7()):
        assert list(Route.objects.values_list("id", "name", "state")) == []


@pytest.mark.parametrize("column", ["secrets_encrypted", "settings", "cost_micros"])
def test_a_tenants_role_reads_neither_secrets_nor_terms(column: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(uuid7()):
        Route.objects.values_list(column).first()


def test_a_tenants_role_reads_no_gauges() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(uuid7()):
        RouteGauge.objects.first()
