"""What belongs to a person, whichever tenant they work for."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from kernel.domain.clock import utc_now
from kernel.domain.errors import DomainError
from tenants.access import SESSION_KEY, TenantRequest, open_page, person_page
from tenants.errors import AccountNeeded, InvitationUnusable
from tenants.forms import JoinForm, ProfileForm
from tenants.models import User
from tenants.services import Offer, accept_invitation, read_offer, rename_user

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@require_http_methods(["GET", "HEAD", "POST"])
@person_page
def profile(request: TenantRequest) -> HttpResponseBase:
    form, status = ProfileForm(initial={"full_name": request.user.full_name}), 200
    if request.method == "POST":
        form = ProfileForm(request.POST)
        if form.is_valid():
            rename_user(user=request.user, full_name=form.cleaned_data["full_name"])
            messages.success(request, "Your name is saved.")
            return redirect("tenants:profile")
        status = 422
    layout = "layouts/app.html" if request.tenant else "layouts/console.html"
    return render(request, "tenants/profile.html", {"form": form, "layout": layout}, status=status)


@require_POST
@person_page
def switch(request: TenantRequest, pk: UUID) -> HttpResponseRedirect:
    """Work for another of one's tenants from the next page on."""
    if all(member.tenant.id != pk for member in request.memberships):
        raise Http404("no membership in this organisation")
    request.session[SESSION_KEY] = str(pk)
    return redirect(settings.LOGIN_REDIRECT_URL)


@require_http_methods(["GET", "HEAD", "POST"])
@open_page
def join(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page behind the link of an invitation; whoever holds the link has read the mail it came in."""
    try:
        offer = read_offer(token=token, now=utc_now())
        response = _accept(request, token, offer) if request.method == "POST" else _offer_page(request, offer)
    except InvitationUnusable as problem:
        context = {"problem": problem, "sign_in_url": reverse("account_login")}
        response = render(request, "tenants/join_refused.html", context, status=410)
    # The address is the key: it stays out of caches and of other sites' logs. With "no-referrer" the browser would
    # send `Origin: null`, which the check against forged forms refuses.
    add_never_cache_headers(response)
    response["Referrer-Policy"] = "same-origin"
    return response


def _accept(request: HttpRequest, token: str, offer: Offer) -> HttpResponseBase:
    person, form, given = _signed_in(request), None, {}
    if person is None:
        form = JoinForm(request.POST, email=offer.email)
        if not form.is_valid():
            return _offer_page(request, offer, form, status=422)
        given = {"full_name": form.cleaned_data["full_name"], "password": form.cleaned_data["password"]}
    try:
        person, _ = accept_invitation(token=token, now=utc_now(), user=person, **given)
    except AccountNeeded:
        return _offer_page(request, offer, form, status=409)
    except DomainError as problem:
        if isinstance(problem, InvitationUnusable):
            raise
        messages.info(request, problem.detail)
    if not request.user.is_authenticated:
        login(request, person, backend=BACKEND)
    request.session[SESSION_KEY] = str(offer.tenant.id)
    return redirect(settings.LOGIN_REDIRECT_URL)


def _offer_page(request: HttpRequest, offer: Offer, form: JoinForm | None = None, *, status: int = 200) -> HttpResponse:
    person = _signed_in(request)
    context = {
        "offer": offer,
        "form": form or JoinForm(email=offer.email),
        "is_invited_person": person is not None and person.email == offer.email,
        "other_person": person if person is not None and person.email != offer.email else None,
        "has_account": User.objects.filter(email=offer.email).exists(),
        "sign_in_url": f"{reverse('account_login')}?{urlencode({'next': request.path})}",
    }
    return render(request, "tenants/join.html", context, status=status)


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
