"""What operators sent and nobody can read: kept in bounds, shown to staff, kept from tenants."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import ProgrammingError
from django.urls import reverse

from kernel.db.tenancy import tenant_context
from kernel.domain.clock import utc_now
from kernel.domain.ids import uuid7
from routing.contract import Unreadable
from routing.models import UnreadablePdu
from routing.services.unreadable import KEPT, KEPT_FOR, forget_unreadable, keep_unreadable, unreadable_of
from routing.tests.builders import make_route
from tenants.tests.builders import make_user, signed_in

pytestmark = pytest.mark.django_db
NOW = utc_now()


def odd(body: bytes = b"no <field> ends\xff", sequence: int = 1, *, is_taken: bool = False) -> Unreadable:
    frame = bytes(12) + sequence.to_bytes(4, "big") + body
    return Unreadable("cut_string", frame, len(frame), is_taken)


def test_the_same_body_counts_once_more_whatever_its_sequence() -> None:
    route = make_route()
    keep_unreadable({route.pk: [odd(sequence=1), odd(sequence=2)], 9_999: [odd()]}, NOW)
    keep_unreadable({route.pk: [odd(sequence=3, is_taken=True)]}, NOW + timedelta(minutes=1))
    (kept,) = unreadable_of(route.pk)
    assert (kept.times, kept.is_taken, kept.last_at - kept.first_at) == (3, True, timedelta(minutes=1))


def test_an_operator_that_sends_nothing_else_fills_no_table() -> None:
    route = make_route()
    for number in range(KEPT + 5):
        keep_unreadable({route.pk: [odd(b"%d" % number)]}, NOW + timedelta(seconds=number))
    kept = unreadable_of(route.pk)
    assert (len(kept), UnreadablePdu.objects.count()) == (KEPT, KEPT)
    assert bytes(kept[-1].octets)[16:] == b"5"


def test_it_is_forgotten_after_a_month() -> None:
    keep_unreadable({make_route().pk: [odd()]}, NOW)
    assert forget_unreadable(NOW + KEPT_FOR) == 0
    assert forget_unreadable(NOW + KEPT_FOR + timedelta(seconds=1)) == 1


def test_staff_read_the_octets_on_a_page_of_the_route() -> None:
    route = make_route()
    address = reverse("routing:route-unreadable", args=[route.pk])
    staff = signed_in(make_user(is_staff=True))
    assert "None so far" in staff.get(address).content.decode()
    keep_unreadable({route.pk: [odd()]}, NOW)
    shown = staff.get(address).content.decode()
    assert odd().octets.hex(" ") in shown
    assert "no &lt;field&gt; ends·" in shown
    assert signed_in(make_user()).get(address).status_code == 404


def test_a_tenants_role_reads_none_of_it() -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), tenant_context(uuid7()):
        UnreadablePdu.objects.first()
