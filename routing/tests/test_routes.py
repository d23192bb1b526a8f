from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError, transaction
from pytest_django import Settings

from kernel.domain.clock import utc_now
from routing.errors import RouteConfigProblem, RouteNameTaken, SecretsUnreadable, UnknownProvider
from routing.models import Route, StateInterval
from routing.secrets import reseal, seal, unseal
from routing.services.routes import RouteDraft, RouteTerms, create_route, route_config, set_route_state, update_route
from routing.services.states import record_state
from routing.statuses import Lane, LineState, RouteState
from routing.tests.builders import make_route

pytestmark = pytest.mark.django_db


def test_secrets_are_stored_encrypted_and_come_back_in_the_configuration() -> None:
    route = make_route()
    assert "postman" not in route.secrets_encrypted
    assert "postman" not in repr(route_config(route, lane=Lane.BULK))
    assert route_config(route, lane=Lane.BULK).secrets == {"password": "postman"}


def test_secrets_that_are_not_given_stay_as_they_are() -> None:
    route = make_route()
    changed = update_route(route_id=route.pk, draft=RouteDraft("Renamed", "smpp", route.settings))
    assert changed.name == "Renamed"
    assert unseal(changed.secrets_encrypted) == {"password": "postman"}


def test_secrets_that_are_given_replace_the_old_ones() -> None:
    route = make_route()
    changed = update_route(route_id=route.pk, draft=RouteDraft(route.name, "smpp", {}, {"password": "fresh"}))
    assert unseal(changed.secrets_encrypted) == {"password": "fresh"}


def test_a_key_is_rotated_by_a_new_one_in_front(settings: Settings) -> None:
    token, old = seal({"password": "x"}), settings.SECRETS_KEYS
    new = Fernet.generate_key().decode()
    settings.SECRETS_KEYS = [new, *old]
    renewed = reseal(token)
    settings.SECRETS_KEYS = [new]
    assert unseal(renewed) == {"password": "x"}
    with pytest.raises(SecretsUnreadable, match="key"):
        unseal(token)


def test_no_secrets_are_no_token() -> None:
    assert seal({}) == ""
    assert unseal("") == {}


def test_a_kind_nobody_installed_is_refused_with_those_there_are() -> None:
    with pytest.raises(UnknownProvider) as refusal:
        create_route(draft=RouteDraft("X", "telepathy"))
    assert "smpp" in refusal.value.remedy


def test_a_name_is_given_once() -> None:
    make_route("A")
    with pytest.raises(RouteNameTaken):
        make_route("A")
    assert Route.objects.count() == 1


def test_lanes_split_the_speed_and_have_their_own_binds() -> None:
    route = make_route(tps=100, binds=3, otp_binds=1, validity_cap_hours=48)
    otp, bulk = route_config(route, lane=Lane.OTP), route_config(route, lane=Lane.BULK)
    assert (otp.tps, otp.binds) == (20, 1)
    assert (bulk.tps, bulk.binds) == (80, 3)
    assert bulk.validity_cap_s == 48 * 3600


def test_without_passcode_binds_the_rest_has_all_the_speed() -> None:
    assert route_config(make_route(tps=100, otp_binds=0), lane=Lane.BULK).tps == 100


def test_a_speed_that_two_lanes_cannot_share_is_refused() -> None:
    with pytest.raises(RouteConfigProblem, match="one part a second cannot be shared"):
        make_route(tps=1, otp_binds=1)
    assert not Route.objects.exists()
    assert route_config(make_route("A", tps=1, otp_binds=0), lane=Lane.BULK).tps == 1
    shared = make_route("B", tps=2, otp_binds=1)
    assert [route_config(shared, lane=lane).tps for lane in (Lane.OTP, Lane.BULK)] == [1, 1]
    assert route_config(make_route("C", tps=0, otp_binds=1), lane=Lane.OTP).tps == 0


def test_a_dispatcher_may_be_given_its_own_share() -> None:
    assert route_config(make_route(tps=100), lane=Lane.BULK, tps=7).tps == 7


def test_disabling_ends_what_is_measured() -> None:
    route = make_route()
    record_state(route_id=route.pk, state=LineState.UP, reason="", now=utc_now())
    set_route_state(route_id=route.pk, state=RouteState.DISABLED, now=utc_now())
    assert not StateInterval.objects.filter(ended_at=None).exists()


@pytest.mark.parametrize("wrong", [RouteTerms(window=0), RouteTerms(binds=0), RouteTerms(cost_micros=-1)])
def test_the_database_refuses_terms_without_sense(wrong: RouteTerms) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        create_route(draft=RouteDraft("X", "smpp", terms=wrong))
