from __future__ import annotations

from datetime import timedelta

import pytest

from compliance.models import DltRegistration, SenderRegistration
from compliance.tests.builders import make_template
from kernel.db.clock import database_now
from kernel.db.tenancy import tenant_context
from messaging.models import Batch
from messaging.services.usage import note_recent_use
from messaging.tests.rows import make_messages
from tenants.tests.builders import make_tenant

pytestmark = pytest.mark.django_db


def test_what_a_batch_used_is_noted_for_its_sender_and_template() -> None:
    tenant = make_tenant()
    with tenant_context(tenant.id):
        template = make_template()
        make_messages()
        Batch.objects.update(sender="ACMEIN", template_id=template.pk, destination="91")
        accepted_at = Batch.objects.get().accepted_at
    assert note_recent_use(database_now() + timedelta(hours=5)) == 0
    assert note_recent_use(database_now()) == 2
    assert note_recent_use(database_now()) == 0
    with tenant_context(tenant.id):
        assert SenderRegistration.objects.get().last_used_at == accepted_at
        assert DltRegistration.objects.get().last_used_at == accepted_at
