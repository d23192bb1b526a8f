from __future__ import annotations

from tenants.roles import ABILITY, GRANTS, PURPOSE, Permission, Role, roles_with


def test_the_table_says_something_about_every_role_and_permission() -> None:
    assert set(GRANTS) == set(PURPOSE) == set(Role)
    assert set(ABILITY) == set(Permission)
    assert frozenset().union(*GRANTS.values()) == frozenset(Permission)


def test_an_owner_may_everything_and_is_the_only_one_to_manage_members() -> None:
    assert GRANTS[Role.OWNER] == frozenset(Permission)
    assert roles_with(Permission.MANAGE_MEMBERS) == [Role.OWNER]


def test_who_writes_campaigns_does_not_review_their_templates() -> None:
    assert Permission.MANAGE_COMPLIANCE in GRANTS[Role.MARKETER]
    assert Permission.REVIEW_COMPLIANCE not in GRANTS[Role.MARKETER]
    assert Permission.REVIEW_COMPLIANCE in GRANTS[Role.COMPLIANCE]


def test_money_is_seen_by_owner_and_finance_only() -> None:
    assert roles_with(Permission.VIEW_MONEY) == roles_with(Permission.MANAGE_MONEY) == [Role.OWNER, Role.FINANCE]


def test_a_viewer_changes_nothing() -> None:
    assert all(permission.startswith("view_") for permission in GRANTS[Role.VIEWER])
