"""What rules of style object to and let pass is counted in the accept's own transaction."""

from __future__ import annotations

import pytest

from compliance.models import ObjectionCount
from kernel.db.tenancy import tenant_context
from messaging.tests.world import ASHA, RAVI, draft, make_world

pytestmark = pytest.mark.django_db
RULE = "variable_untagged"


def test_accepts_of_one_day_add_up() -> None:
    world = make_world()
    world.accept(draft(ASHA), draft(RAVI))
    world.accept(draft(ASHA))
    with tenant_context(world.tenant_id):
        row = ObjectionCount.objects.get(key=RULE)
        assert (row.template_id, row.messages) == (world.template_id, 3)


def test_nothing_is_counted_where_the_wallet_covers_nothing() -> None:
    world = make_world(rupees=0)
    assert world.accept(draft(ASHA))[0].refusal is not None
    with tenant_context(world.tenant_id):
        assert not ObjectionCount.objects.exists()
