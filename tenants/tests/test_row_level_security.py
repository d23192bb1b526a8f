"""A filter forgotten on purpose: whoever reads without one still sees their own tenant's rows only."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, ProgrammingError, connection, transaction

from audit.models import Entry
from kernel.db.models import Name
from kernel.db.tenancy import NoTenant, platform_context, tenant_context
from tenants.models import ApiToken, Member, Tenant, User
from tenants.queries import all_tenant_ids, memberships, tenant_info
from tenants.roles import Role
from tenants.services import create_token, remove_member
from tenants.tests.builders import make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db


def two_tenants_with_tokens() -> tuple[Tenant, Tenant]:
    bank, shop = make_tenant("Aarohi Bank"), make_tenant("Banyan Retail")
    for tenant in (bank, shop):
        with tenant_context(tenant.id):
            create_token(name=f"of {tenant.name}", by=None)
    return bank, shop


def test_a_query_without_any_filter_sees_one_tenant() -> None:
    bank, shop = two_tenants_with_tokens()
    for tenant in (bank, shop):
        with tenant_context(tenant.id):
            assert [token.name for token in ApiToken.objects.all()] == [f"of {tenant.name}"]
            assert [member.tenant_id for member in Member.objects.all()] == [tenant.id]
            assert {entry.tenant_id for entry in Entry.objects.all()} == {tenant.id}
            assert [row.tenant_id for row in Name.objects.all()] == [tenant.id]
            assert list(Tenant.objects.all()) == [tenant]


def test_sql_written_by_hand_sees_one_tenant() -> None:
    bank, _ = two_tenants_with_tokens()
    with tenant_context(bank.id), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id FROM tenants_apitoken")
        assert cursor.fetchall() == [(bank.id,)]


def test_another_tenants_row_is_not_found_by_its_id() -> None:
    bank, shop = two_tenants_with_tokens()
    with tenant_context(bank.id):
        token = ApiToken.objects.get()
    with tenant_context(shop.id):
        assert not ApiToken.objects.filter(pk=token.pk).exists()
        assert ApiToken.objects.filter(pk=token.pk).update(name="taken over") == 0


def test_outside_of_a_context_tenant_data_is_refused() -> None:
    two_tenants_with_tokens()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        list(ApiToken.objects.all())
    with pytest.raises(NoTenant):
        ApiToken.objects.create(name="nobody's", prefix="dk_live_0000")


def test_a_row_cannot_be_written_for_another_tenant() -> None:
    bank, shop = two_tenants_with_tokens()
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_context(bank.id):
        ApiToken.objects.create(tenant_id=shop.id, name="planted", prefix="dk_live_0000")
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_context(bank.id):
        Name.objects.create(tenant_id=shop.id, kind="api_token", name="planted", object_id=uuid4())


def test_a_row_cannot_be_given_away() -> None:
    bank, shop = two_tenants_with_tokens()
    with pytest.raises(ProgrammingError, match="row-level security"), tenant_context(bank.id):
        ApiToken.objects.update(tenant_id=shop.id)


def test_a_tenant_may_not_change_what_the_platform_decides_about_it() -> None:
    bank, _ = two_tenants_with_tokens()
    for change in ({"state": "active"}, {"currency": "USD"}, {"slug": "other"}):
        with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(bank.id):
            Tenant.objects.update(**change)


def test_the_trail_cannot_be_changed_by_anybody() -> None:
    bank, _ = two_tenants_with_tokens()
    for context in (tenant_context(bank.id), platform_context(reason="test")):
        with pytest.raises(ProgrammingError, match="permission denied"), context:
            Entry.objects.update(summary="nothing happened")
    for context in (tenant_context(bank.id), platform_context(reason="test")):
        with pytest.raises(DatabaseError, match="permission denied"), context, connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_entry")


def test_a_tenant_knows_its_own_people_and_former_ones_and_nobody_else() -> None:
    bank, shop = make_tenant("Aarohi Bank"), make_tenant("Banyan Retail")
    former = make_member(bank, Role.VIEWER)
    with tenant_context(bank.id):
        remove_member(member_id=former.pk, by=None)
    with tenant_context(bank.id):
        assert former.user_id in set(User.objects.values_list("pk", flat=True))
        assert User.objects.count() == 2
    with tenant_context(shop.id):
        assert User.objects.count() == 1
    assert User.objects.count() == 3


def test_a_tenants_role_cannot_make_or_change_people() -> None:
    bank = make_tenant()
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(bank.id):
        User.objects.update(full_name="Somebody Else")


def test_memberships_are_found_before_a_tenant_is_known() -> None:
    person = make_user()
    bank, shop = make_tenant("Banyan Retail", owner=person), make_tenant("Aarohi Bank", owner=person)
    assert [(m.tenant.id, m.role) for m in memberships(person.id)] == [(shop.id, Role.OWNER), (bank.id, Role.OWNER)]
    assert memberships(make_user().id) == []


def test_a_tenants_role_may_not_ask_for_other_peoples_memberships() -> None:
    bank = make_tenant()
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(bank.id):
        memberships(Member.objects.get().user_id)


def test_tenants_are_read_in_and_out_of_contexts() -> None:
    bank, shop = make_tenant("Aarohi Bank"), make_tenant("Banyan Retail")
    assert tenant_info(bank.id).name == "Aarohi Bank"
    assert all_tenant_ids() == [bank.id, shop.id]
    with tenant_context(shop.id), pytest.raises(Tenant.DoesNotExist):
        tenant_info(bank.id)


def test_a_context_within_a_context_gives_the_outer_one_back() -> None:
    bank, shop = two_tenants_with_tokens()
    with tenant_context(bank.id):
        with tenant_context(shop.id):
            assert ApiToken.objects.get().tenant_id == shop.id
        assert ApiToken.objects.get().tenant_id == bank.id
