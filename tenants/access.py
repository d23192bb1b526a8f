"""Who may open a page. Every view carries one of these decorators; a test walks the URLs and asks for the mark.

The context that a decorator enters lasts until the response is rendered, because templates read lazily.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.response import SimpleTemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django_htmx.middleware import HtmxDetails

from audit.services import Actor
from kernel.db.tenancy import platform_context, tenant_context
from tenants.models import User
from tenants.queries import Membership, TenantInfo, memberships
from tenants.roles import ABILITY, GRANTS, Permission, Role, roles_with

__all__ = ["TenantInfo", "TenantRequest", "actor_of", "open_page", "person_page", "staff_page", "tenant_page"]

SESSION_KEY: Final = "tenant"
P = ParamSpec("P")
View = Callable[Concatenate[Any, P], HttpResponseBase]
NOTHING: Final[frozenset[Permission]] = frozenset()


class TenantRequest(HttpRequest):
    """What a view under `tenant_page` receives."""

    user: User
    htmx: HtmxDetails
    tenant: TenantInfo
    member_role: Role
    permissions: frozenset[Permission]
    memberships: list[Membership]
    unread: int


def tenant_page(permission: Permission) -> Callable[[View[P]], View[P]]:
    """For members of the session's tenant whose role grants `permission`; others get words and 403."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            member = _attach(request)
            if member is None:
                return _refuse(request, "You are not a member of any organisation.", NO_MEMBERSHIP_REMEDY)
            if permission not in GRANTS[member.role]:
                return _refuse(request, *_lacking(permission, member))
            with timezone.override(member.tenant.zone), tenant_context(member.tenant.id):
                return _rendered(view(request, *args, **kwargs))

        return _marked(guarded, permission)

    return decorate


def staff_page(view: View[P]) -> View[P]:
    """For platform staff, across tenants; to everybody else the page does not exist."""

    @wraps(view)
    def guarded(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not (request.user.is_staff and request.user.is_active):
            raise Http404("there is no such page")
        _attach(request)
        with platform_context(reason=f"{view.__module__}.{view.__name__}"):
            return _rendered(view(request, *args, **kwargs))

    return _marked(guarded, "staff")


def person_page(view: View[P]) -> View[P]:
    """For everybody who is signed in, about themselves: no context, `request.tenant` may be None."""

    @wraps(view)
    def guarded(request: Any, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        _attach(request)
        return _rendered(view(request, *args, **kwargs))

    return _marked(guarded, "person")


def open_page(view: View[P]) -> View[P]:
    """For everybody: a mark that somebody has thought about it."""
    return _marked(view, "open")


def actor_of(request: TenantRequest) -> Actor:
    """The signed-in person, as the audit trail names them."""
    return Actor(request.user.id, str(request.user))


def _attach(request: HttpRequest) -> Membership | None:
    """Put the session's tenant (else the first) on the request, for the view and for the navigation."""
    person = cast("User", request.user)
    held = memberships(person.id)
    wanted = request.session.get(SESSION_KEY)
    chosen = next((member for member in held if str(member.tenant.id) == wanted), held[0] if held else None)
    attributes = {
        "memberships": held,
        "tenant": chosen.tenant if chosen else None,
        "member_role": chosen.role if chosen else None,
        "permissions": GRANTS[chosen.role] if chosen else NOTHING,
        "unread": chosen.unread if chosen else 0,
    }
    for name, value in attributes.items():
        setattr(request, name, value)
    return chosen


NO_MEMBERSHIP_REMEDY: Final = "Ask an owner of your organisation to invite this e-mail address."


def _lacking(permission: Permission, member: Membership) -> tuple[str, str]:
    roles = " or ".join(role.label.lower() for role in roles_with(permission))
    role = member.role.label.lower()
    detail = f"This page is for people who may {ABILITY[permission]}. Your role, {role}, does not include that."
    return detail, f"Ask an owner of {member.tenant.name} for the role {roles}."


def _refuse(request: HttpRequest, detail: str, remedy: str) -> HttpResponse:
    return render(request, "tenants/refused.html", {"detail": detail, "remedy": remedy}, status=403)


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    # Another member of the household, or the next tenant of this browser, must not find the page by "back".
    add_never_cache_headers(response)
    return response


def _marked(view: View[P], access: Permission | str) -> View[P]:
    cast("Any", view).dakiya_access = access
    return view
