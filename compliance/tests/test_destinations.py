"""Destinations that are closed, shut until opened, and opened by the spoon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from compliance.errors import InvalidDestination, NotFound
from compliance.rules.destinations import PRONE, decide_country
from compliance.rules.recipient_facts import DestinationFacts, RecipientFacts
from compliance.rules.runs import judge_runs
from compliance.services.recipients import (
    Choices,
    choices,
    choose,
    close_destination,
    forget_destination,
    open_destination,
)
from compliance.tests.builders import ABROAD, ASHA, NOW, WRITER, make_template, screening
from kernel.db.tenancy import tenant_context
from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass

OTP, SERVICE = TrafficClass.OTP, TrafficClass.TRANSACTIONAL
LAHORE, KINGSTON = "+923001234567", "+18765550123"


def code(facts: RecipientFacts, country: str, recipient: str, traffic_class: TrafficClass = OTP) -> str | None:
    refusal = decide_country(facts, country, traffic_class).judge(recipient)
    return refusal.detail if refusal else None


def test_countries_known_for_pumping_are_shut_until_opened_for_a_class() -> None:
    assert "fraud" in str(code(RecipientFacts(), "PK", LAHORE))
    opened = RecipientFacts(destinations=(DestinationFacts("+92", OTP, is_open=True, cap=10),))
    assert code(opened, "PK", LAHORE) is None
    assert code(opened, "PK", LAHORE, SERVICE) is not None
    assert code(RecipientFacts(home="PK"), "PK", LAHORE) is None
    assert "IN" not in PRONE


def test_the_longest_digits_decide_and_the_platform_before_all() -> None:
    closed, opened = DestinationFacts("+1", None, is_open=False, cap=0), DestinationFacts("+1876", OTP, True, 5)
    facts = RecipientFacts(destinations=(closed, opened))
    assert code(facts, "JM", KINGSTON) is None
    assert "Your organisation" in str(code(facts, "US", "+12125550123"))
    assert "platform" in str(code(facts._replace(blocked=("+1",)), "JM", KINGSTON))


def test_whoever_sends_at_home_only_opens_others_one_by_one() -> None:
    facts = RecipientFacts(home_only=True)
    assert code(facts, "IN", ASHA) is None
    assert "own country" in str(code(facts, "GB", ABROAD))
    assert decide_country(facts, "IN", OTP).is_plain


def test_a_closed_destination_refuses_from_the_next_accept_on(tenant_id: UUID) -> None:
    template = make_template()
    texts = ["Dear A, your order 1 is on its way. -ACME"]
    made = close_destination(prefix="+91987", actor=WRITER, now=NOW)
    asked: dict[str, Any] = {"sender": "ACMEIN", "template_id": template.id, "traffic_class": None, "content": texts}
    assert screening().screen(recipients=[ASHA], **asked).refused[0].code == "destination_blocked"
    forget_destination(destination_id=made.pk, actor=WRITER, now=NOW)
    assert not screening().screen(recipients=[ASHA], **asked).refused


@pytest.mark.usefixtures("tenant_id")
def test_digits_are_checked_an_opened_one_has_a_cap_and_none_stands_twice() -> None:
    for wrong in ("92", "+0", "+12345678", "+9x", ""):
        with pytest.raises(InvalidDestination):
            close_destination(prefix=wrong, actor=WRITER, now=NOW)
    with pytest.raises(InvalidDestination):
        open_destination(prefix="+92", traffic_class=OTP, daily_cap=0, actor=WRITER, now=NOW)
    close_destination(prefix="+92", actor=WRITER, now=NOW)
    with pytest.raises(InvalidDestination, match="already"):
        close_destination(prefix="+92", actor=WRITER, now=NOW)


def test_another_tenants_destination_is_not_found_and_its_choices_are_its_own(tenant_id: UUID) -> None:
    made = close_destination(prefix="+92", actor=WRITER, now=NOW)
    choose(choices_=Choices(duplicate_minutes=5), actor=WRITER, now=NOW)
    with tenant_context(uuid7()):
        assert choices() == Choices()
        with pytest.raises(NotFound):
            forget_destination(destination_id=made.pk, actor=WRITER, now=NOW)
    assert choices().duplicate_minutes == 5


@pytest.mark.usefixtures("tenant_id")
def test_the_platform_closes_a_destination_for_everybody(capsys: pytest.CaptureFixture[str]) -> None:
    template = make_template()
    content = ["Dear A, your order 1 is on its way. -ACME"]
    call_command("destination", "block", "+9198", "--reason", "drained")
    asked: dict[str, Any] = {"sender": "ACMEIN", "template_id": template.id, "traffic_class": None, "content": content}
    assert "platform" in screening().screen(recipients=[ASHA], **asked).refused[0].detail
    call_command("destination", "list")
    call_command("destination", "unblock", "+9198")
    assert not screening().screen(recipients=[ASHA], **asked).refused
    assert "drained" in capsys.readouterr().out


def test_a_run_is_held_against_passcodes_of_its_series_for_a_day() -> None:
    facts = RecipientFacts(runs={ASHA[:-2]: NOW})
    assert judge_runs(facts, [ASHA, ABROAD], OTP, NOW).keys() == {0}
    assert not judge_runs(facts, [ASHA], SERVICE, NOW)
    assert not judge_runs(facts, [ASHA], OTP, NOW + timedelta(days=2))
