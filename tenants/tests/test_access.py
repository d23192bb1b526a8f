from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver

from kernel.db.tenancy import current_scope, tenant_context
from tenants import console_urls, urls
from tenants.access import TenantRequest, staff_page, tenant_page
from tenants.api import urls as api_urls
from tenants.models import Member, User
from tenants.roles import Permission, Role
from tenants.services import remove_member
from tenants.tests.builders import make_member, make_tenant, make_user, signed_in

pytestmark = pytest.mark.django_db
MEMBERS = "/settings/members/"


def request_of(user: User, session: dict[str, str] | None = None) -> Any:
    request = RequestFactory().get("/somewhere/")
    request.user = user
    request.session = session or {}  # type: ignore[assignment]  # a dict answers what a view asks of a session
    return request


def views_of(patterns: list[Any]) -> list[Any]:
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += views_of(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            found.append(getattr(pattern.callback, "view_class", pattern.callback))
    return found


def test_every_address_of_this_room_says_who_may_open_it() -> None:
    views = views_of([*urls.urlpatterns, *console_urls.urlpatterns, *api_urls.urlpatterns])
    assert len(views) > 15
    assert [view.__name__ for view in views if not hasattr(view, "dakiya_access")] == []


def test_strangers_are_sent_to_the_sign_in_page_and_come_back() -> None:
    response = Client().get(MEMBERS)
    assert response.status_code == 302
    assert response["Location"] == f"/accounts/login/?next={MEMBERS}"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.OWNER])
def test_a_role_that_lacks_the_permission_gets_words(role: Role) -> None:
    tenant = make_tenant("Aarohi Bank")
    response = signed_in(make_member(tenant, role).user).get(MEMBERS)
    assert response.status_code == 403
    assert f"Your role, {role.label.lower()}, does not include that" in response.text
    assert "Ask an owner of Aarohi Bank for the role owner" in response.text


def test_somebody_without_a_tenant_is_told_to_get_invited() -> None:
    response = signed_in(make_user()).get(MEMBERS)
    assert response.status_code == 403
    assert "not a member of any organisation" in response.text


def test_the_view_runs_in_the_tenants_context_and_zone() -> None:
    seen: dict[str, Any] = {}

    @tenant_page(Permission.VIEW_REPORTS)
    def view(request: TenantRequest) -> HttpResponse:
        seen.update(scope=current_scope(), tenant=request.tenant, role=request.member_role, may=request.permissions)
        return HttpResponse()

    tenant = make_tenant()
    member = make_member(tenant, Role.FINANCE)
    response = view(request_of(member.user))
    assert seen["scope"].tenant_id == seen["tenant"].id == tenant.id
    assert (seen["role"], Permission.VIEW_MONEY in seen["may"]) == (Role.FINANCE, True)
    assert "no-store" in response["Cache-Control"]
    assert current_scope() is None


def test_a_template_that_reads_late_is_rendered_inside() -> None:
    @tenant_page(Permission.VIEW_REPORTS)
    def view(request: TenantRequest) -> TemplateResponse:
        template = engines["django"].from_string("{% for member in members %}{{ member.user.email }}{% endfor %}")
        return TemplateResponse(request, template, {"members": Member.objects.select_related("user")})

    user = make_user("asha@example.com")
    make_tenant(owner=user)
    assert view(request_of(user)).content == b"asha@example.com"  # type: ignore[attr-defined]  # it was rendered


def test_the_session_chooses_the_tenant_and_a_foreign_one_is_ignored() -> None:
    @tenant_page(Permission.VIEW_REPORTS)
    def view(request: TenantRequest) -> HttpResponse:
        return HttpResponse(str(request.tenant.id))

    user = make_user()
    first, second, foreign = make_tenant("A", owner=user), make_tenant("B", owner=user), make_tenant("C")
    shown = {
        wanted: view(request_of(user, {"tenant": wanted})).content.decode()  # type: ignore[attr-defined]  # not streamed
        for wanted in (str(first.id), str(second.id), str(foreign.id), "nonsense")
    }
    assert list(shown.values()) == [str(first.id), str(second.id), str(first.id), str(first.id)]


def test_switching_is_for_members_only() -> None:
    user = make_user()
    make_tenant("A", owner=user)
    second, foreign = make_tenant("B", owner=user), make_tenant("C")
    browser = signed_in(user)
    assert browser.post(f"/settings/switch/{foreign.id}/").status_code == 404
    assert browser.get(f"/settings/switch/{second.id}/").status_code == 405
    assert browser.post(f"/settings/switch/{second.id}/").status_code == 302
    assert "B" in browser.get("/settings/organisation/").text
    assert UUID(browser.session["tenant"]) == second.id


def test_whoever_is_removed_is_refused_with_the_next_request() -> None:
    tenant = make_tenant()
    member = make_member(tenant, Role.OWNER)
    browser = signed_in(member.user)
    assert browser.get(MEMBERS).status_code == 200
    with tenant_context(tenant.id):
        remove_member(member_id=member.pk, by=None)
    assert browser.get(MEMBERS).status_code == 403


def test_the_console_does_not_exist_for_customers() -> None:
    assert signed_in(make_member(make_tenant(), Role.OWNER).user).get("/console/tenants/").status_code == 404
    assert Client().get("/console/tenants/").status_code == 302
    assert signed_in(make_user(is_staff=True)).get("/console/tenants/").status_code == 200


def test_the_console_sees_across_tenants_for_a_stated_reason() -> None:
    seen: list[Any] = []

    @staff_page
    def overview(request: HttpRequest) -> HttpResponse:
        seen.append(current_scope())
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM tenants_member")
            seen.append(cursor.fetchone())
        return HttpResponse()

    make_tenant(), make_tenant()
    overview(request_of(make_user(is_staff=True)))
    assert re.fullmatch(r".*test_access\.overview", seen[0].reason)
    assert seen[1] == (2,)
