from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from audit.models import Entry
from kernel.db.tenancy import tenant_context
from tenants.errors import AlreadyMember, EmailTaken, LastOwner, SlugTaken
from tenants.models import Member, Tenant
from tenants.queries import memberships
from tenants.roles import Role
from tenants.services import (
    OrganisationSettings,
    add_member,
    change_role,
    create_tenant,
    create_user,
    remove_member,
    set_tenant_state,
    update_organisation,
)
from tenants.tests.builders import make_member, make_tenant, make_user

pytestmark = pytest.mark.django_db


def test_the_last_owner_keeps_their_role_and_their_place() -> None:
    tenant = make_tenant()
    with tenant_context(tenant.id):
        owner = Member.objects.get()
        with pytest.raises(LastOwner) as refusal:
            change_role(member_id=owner.pk, role=Role.VIEWER, by=owner.user)
        with pytest.raises(LastOwner):
            remove_member(member_id=owner.pk, by=owner.user)
        assert Member.objects.active().get().role == Role.OWNER
    assert refusal.value.code == "last_owner"
    assert "owner first" in refusal.value.remedy


def test_one_of_two_owners_may_leave_and_then_the_other_may_not() -> None:
    tenant = make_tenant()
    second = make_member(tenant, Role.OWNER)
    with tenant_context(tenant.id):
        first = Member.objects.exclude(pk=second.pk).get()
        remove_member(member_id=first.pk, by=None)
        with pytest.raises(LastOwner):
            remove_member(member_id=second.pk, by=None)


def test_a_former_owner_does_not_count_as_one() -> None:
    tenant = make_tenant()
    second = make_member(tenant, Role.OWNER)
    with tenant_context(tenant.id):
        remove_member(member_id=second.pk, by=None)
        with pytest.raises(LastOwner):
            change_role(member_id=Member.objects.active().get().pk, role=Role.FINANCE, by=None)


def test_a_change_of_role_is_in_the_trail_with_before_and_after() -> None:
    tenant = make_tenant()
    member = make_member(tenant, Role.VIEWER)
    boss = make_user(full_name="Asha Rao")
    with tenant_context(tenant.id):
        change_role(member_id=member.pk, role=Role.MARKETER, by=boss)
        entry = Entry.objects.get(action="member.change_role")
    assert (entry.actor_label, entry.before, entry.after) == ("Asha Rao", {"role": "viewer"}, {"role": "marketer"})
    assert "viewer" in entry.summary


def test_the_same_role_again_leaves_no_trace() -> None:
    tenant = make_tenant()
    member = make_member(tenant, Role.VIEWER)
    with tenant_context(tenant.id):
        change_role(member_id=member.pk, role=Role.VIEWER, by=None)
        assert not Entry.objects.filter(action="member.change_role").exists()


def test_whoever_left_is_no_member_and_comes_back_to_the_same_place() -> None:
    tenant = make_tenant()
    member = make_member(tenant, Role.VIEWER)
    with tenant_context(tenant.id):
        remove_member(member_id=member.pk, by=None)
    assert memberships(member.user_id) == []
    with tenant_context(tenant.id):
        back = add_member(user=member.user, role=Role.FINANCE, by=None)
    assert back.pk == member.pk
    assert [held.role for held in memberships(member.user_id)] == [Role.FINANCE]


def test_nobody_is_a_member_twice() -> None:
    tenant = make_tenant()
    member = make_member(tenant, Role.VIEWER)
    with tenant_context(tenant.id), pytest.raises(AlreadyMember):
        add_member(user=member.user, role=Role.OWNER, by=None)


def test_a_member_of_another_tenant_cannot_be_changed() -> None:
    tenant, other = make_tenant(), make_tenant("Banyan Retail")
    member = make_member(tenant, Role.VIEWER)
    with tenant_context(other.id), pytest.raises(Member.DoesNotExist):
        remove_member(member_id=member.pk, by=None)


def test_an_address_belongs_to_one_user_whatever_its_case() -> None:
    user = create_user(email=" Asha@Example.com", password="x")
    assert user.email == "asha@example.com"
    assert EmailAddress.objects.get(user=user).verified
    with pytest.raises(EmailTaken):
        create_user(email="ASHA@example.com")


def test_a_short_name_belongs_to_one_tenant() -> None:
    tenant = make_tenant()
    with pytest.raises(SlugTaken):
        create_tenant(name="Second", slug=tenant.slug, owner=None, now=tenant.created_at)


def test_owners_change_settings_and_the_trail_names_only_what_changed() -> None:
    tenant = make_tenant("Aarohi Bank")
    wanted = OrganisationSettings("Aarohi Bank", "Asia/Dubai", False, 30, 7)
    with tenant_context(tenant.id):
        update_organisation(settings=wanted, by=None)
        entry = Entry.objects.get(action="tenant.update")
        assert Tenant.objects.get().timezone == "Asia/Dubai"
    assert entry.before == {"timezone": "Asia/Kolkata", "text_retention_days_promotional": 30}
    assert entry.after == {"timezone": "Asia/Dubai", "text_retention_days_promotional": 7}


def test_suspending_twice_is_one_act() -> None:
    tenant = make_tenant()
    assert set_tenant_state(tenant_id=tenant.id, state=Tenant.State.SUSPENDED, by=None)
    assert not set_tenant_state(tenant_id=tenant.id, state=Tenant.State.SUSPENDED, by=None)
    with tenant_context(tenant.id):
        assert Entry.objects.filter(action="tenant.suspend").count() == 1
