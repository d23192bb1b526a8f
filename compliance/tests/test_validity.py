"""Time and portal records: what ends or idles is told ahead, and suspended the day after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from audit.models import Entry
from compliance import services
from compliance.models import Chain, DltRegistration, RuleVersion, SenderRegistration
from compliance.queries import ending_soon
from compliance.services.portal import Told
from compliance.services.validity import note_use, suspend_expired
from compliance.statuses import PortalKind, PortalState, Suspension
from compliance.tests.builders import NOW, WRITER, make_sender, make_template
from compliance.tests.register import make_chain, make_consent_template, make_link, make_telemarketer

pytestmark = pytest.mark.usefixtures("tenant_id")
TODAY = date(2026, 11, 25)


def until(day: date) -> Told:
    return Told(PortalState.ACTIVE, valid_to=day)


def test_what_ends_within_a_week_is_told_the_first_ones_first() -> None:
    make_link(told=until(TODAY + timedelta(days=7)))
    make_telemarketer(told=until(TODAY))
    make_link("https://acme.example/far", told=until(TODAY + timedelta(days=8)))
    make_consent_template()
    found = [(each.kind, each.why, each.on) for each in ending_soon(now=NOW)]
    assert found == [
        (PortalKind.TELEMARKETER, Suspension.VALIDITY, TODAY),
        (PortalKind.LINK, Suspension.VALIDITY, TODAY + timedelta(days=7)),
    ]


def test_headers_idle_out_a_month_after_their_last_use_and_templates_after_three() -> None:
    template = make_template()
    assert ending_soon(now=NOW + timedelta(days=22)) == []
    header = ending_soon(now=NOW + timedelta(days=23))[0]
    assert (header.kind, header.object_id, header.why) == (PortalKind.HEADER, template.sender_id, Suspension.USAGE)
    assert header.on == TODAY + timedelta(days=30)
    note_use(headers={"ACMEIN": NOW + timedelta(days=20)}, templates={})
    assert ending_soon(now=NOW + timedelta(days=23)) == []
    kinds = {each.kind for each in ending_soon(now=NOW + timedelta(days=83))}
    assert kinds == {PortalKind.HEADER, PortalKind.TEMPLATE}


def test_the_day_is_the_registers() -> None:
    make_link(told=until(TODAY))
    # Half past six in the evening, UTC, is midnight in India.
    assert suspend_expired(now=NOW.replace(hour=18, minute=29)) == []
    assert len(suspend_expired(now=NOW.replace(hour=18, minute=30))) == 1


def test_what_is_over_is_suspended_with_the_reason_and_on_the_trail() -> None:
    chain = make_chain(told=until(TODAY - timedelta(days=1)))
    before = RuleVersion.objects.get().version
    assert suspend_expired(now=NOW) == [chain]
    standing = Chain.objects.get()
    assert (standing.portal_state, standing.suspended_for) == (PortalState.SUSPENDED, Suspension.VALIDITY)
    assert "24-11-2026" in standing.state_reason
    assert Entry.objects.get(action="chain.expire").object_id == chain.pk
    assert RuleVersion.objects.get().version != before


def test_a_second_look_changes_nothing_and_a_renewal_makes_it_active() -> None:
    sender = make_sender()
    told = until(TODAY - timedelta(days=1))
    services.register_sender(sender_id=sender.pk, told=told, actor=WRITER, now=NOW)
    assert len(suspend_expired(now=NOW)) == 1
    assert suspend_expired(now=NOW) == []
    renewed = replace(told, valid_to=TODAY + timedelta(days=30))
    services.register_sender(sender_id=sender.pk, told=renewed, actor=WRITER, now=NOW)
    assert suspend_expired(now=NOW) == []
    assert SenderRegistration.objects.get().is_active


def test_use_is_noted_in_bulk_and_never_goes_back() -> None:
    template = make_template()
    later = NOW + timedelta(hours=3)
    assert note_use(headers={"ACMEIN": later, "ELSE": later}, templates={template.pk: NOW}) == 2
    assert note_use(headers={"ACMEIN": NOW}, templates={template.pk: NOW}) == 0
    assert SenderRegistration.objects.get().last_used_at == later
    assert DltRegistration.objects.get().last_used_at == NOW
