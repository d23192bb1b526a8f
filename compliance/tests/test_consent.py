"""Consent is the fold over what happened; a register blocks promotions without it; an opt-out beats everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.services import SYSTEM
from compliance import services
from compliance.consent.dnd import FileSource
from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.errors import InvalidConsent, InvalidDndFile, InvalidOptOut
from compliance.models import ConsentEvent, DndList, DndNumber, WishVersion
from compliance.rules import Subject
from compliance.rules.consent import blocks
from compliance.services.consent import Proof
from compliance.statuses import Category
from compliance.tests.builders import ASHA, NOW, REVIEWER, WRITER, make_sender, make_template, screening
from kernel.telecom.e164 import E164

pytestmark = pytest.mark.usefixtures("tenant_id")
OTHER = E164("+919876543211")
TEXT = "Big sale today, reply STOP to end. -ACME"


def ruling(recipient: str = ASHA, text: str = TEXT) -> str | None:
    return screening(recipient).rule(Subject("ACMEIN", None, text, None, recipient)).code


def make_promotion() -> None:
    make_template(TEXT, category=Category.PROMOTIONAL)


def agree(action: ConsentAction = ConsentAction.GIVEN, **changes: Any) -> ConsentEvent:
    scope = {name: changes.pop(name) for name in ("sender", "topic") if name in changes}
    proof = Proof(**{"source": ConsentSource.FORM, "at": NOW - timedelta(days=1), "evidence": "form 17", **changes})
    return services.record_consent(recipient=E164(ASHA), action=action, proof=proof, actor=WRITER, now=NOW, **scope)


def scrub(*rows: tuple[str, str], source: str = "file") -> None:
    found = FileSource().rows_of((line, *row) for line, row in enumerate(rows, 1))
    services.apply_preferences(source=source, name="march.csv", preferences=found, region="IN", actor=WRITER, now=NOW)


def test_a_number_on_a_register_gets_no_promotion_but_everything_else() -> None:
    sender = make_sender()
    make_template(TEXT, sender=sender, category=Category.PROMOTIONAL)
    make_template("Your parcel is here. -ACME", sender=sender, name="Parcel")
    assert ruling() is None
    scrub(("98765 43210", "0"))
    assert (ruling(), ruling(OTHER), ruling(text="Your parcel is here. -ACME")) == ("preference_blocked", None, None)


def test_consent_beats_a_preference_until_it_ends() -> None:
    make_promotion()
    scrub((ASHA, ""))
    agree(valid_until=NOW + timedelta(days=1))
    assert ruling() is None
    agree(valid_until=NOW - timedelta(hours=1))
    assert ruling() == "consent_expired"
    agree(ConsentAction.WITHDRAWN)
    assert ruling() == "preference_blocked"


def test_the_last_event_that_is_about_a_message_decides() -> None:
    make_promotion()
    services.need_consent(is_needed=True, actor=WRITER, now=NOW)
    assert ruling() == "consent_missing"
    agree(sender="OTHERS")
    agree(topic="Loans")
    assert ruling() == "consent_missing"
    agree(sender="ACMEIN")
    assert ruling() is None
    agree(ConsentAction.WITHDRAWN)
    assert ruling() == "consent_missing"


def test_an_opt_out_from_one_topic_stops_only_what_is_about_it() -> None:
    sender = make_sender()
    make_template(TEXT, sender=sender, category=Category.PROMOTIONAL)
    other = make_template(
        "Loans from 9%, STOP to end. -ACME", sender=sender, name="Loans", category=Category.PROMOTIONAL
    )
    type(other).objects.filter(pk=other.pk).update(topic="Loans")
    services.opt_out(recipient=E164(ASHA), topic="Loans", now=NOW)
    assert (ruling(), ruling(text="Loans from 9%, STOP to end. -ACME")) == (None, "opted_out")


def test_an_import_of_consents_lifts_no_opt_out_and_nobody_is_asked_again_for_90_days() -> None:
    make_promotion()
    services.opt_out(recipient=E164(ASHA), now=NOW - timedelta(days=30))
    with pytest.raises(InvalidConsent, match="90 days"):
        agree(evidence="", source=ConsentSource.IMPORT)
    agree()
    assert ruling() == "opted_out"


def test_a_consent_in_the_future_or_already_over_proves_nothing() -> None:
    wrongs: list[dict[str, Any]] = [{"at": NOW + timedelta(hours=1)}, {"valid_until": NOW - timedelta(days=2)}]
    for wrong in wrongs:
        with pytest.raises(InvalidConsent):
            agree(**wrong)
    assert not ConsentEvent.objects.exists()


def test_lifting_asks_how_the_person_asked_and_keeps_it() -> None:
    standing = services.opt_out(recipient=E164(ASHA), now=NOW)
    with pytest.raises(InvalidOptOut) as refusal:
        services.lift_opt_out(opt_out_id=standing.pk, proof=" ", actor=REVIEWER, now=NOW)
    assert refusal.value.code == "proof_missing"
    lifted = services.lift_opt_out(opt_out_id=standing.pk, proof="Called on 2 May", actor=REVIEWER, now=NOW)
    told = services.timeline_of(E164(ASHA))
    assert (lifted.proof, [event.action for event in told.events]) == ("Called on 2 May", ["given", "withdrawn"])
    assert told.standing == []


def test_start_lifts_what_the_person_stopped_and_nothing_of_others() -> None:
    make_sender()
    services.opt_out(recipient=E164(ASHA), sender="ACMEIN", now=NOW)
    services.opt_out(recipient=E164(ASHA), topic="Loans", now=NOW)
    services.opt_out(recipient=OTHER, now=NOW)
    assert services.start_again(recipient=E164(ASHA), sender=None, words="START", actor=SYSTEM, now=NOW) == 2
    assert services.opted_out(recipients=[ASHA, OTHER], sender="ACMEIN") == {OTHER}


def test_every_opt_out_changes_the_version_that_dispatchers_watch() -> None:
    services.opt_out(recipient=E164(ASHA), now=NOW)
    before = WishVersion.objects.get().version
    assert services.opt_out_many(recipients=[E164(ASHA), OTHER, OTHER], actor=WRITER, now=NOW) == 1
    assert WishVersion.objects.get().version != before


def test_a_new_file_replaces_the_old_one_and_other_sources_stay() -> None:
    scrub((ASHA, "1"), (OTHER, "n"))
    scrub(("+919876543299", "0"), source="operator")
    scrub((OTHER, "2, 7"), (OTHER, "8"), ("no number", "0"))
    rows = DndNumber.objects.order_by("recipient").values_list("recipient", "blocked")
    assert list(rows) == [(OTHER, 1 << 2 | 1 << 7 | 1 << 8), ("+919876543299", 1)]
    assert DndList.objects.count() == 2


@pytest.mark.parametrize(("rows", "code"), [([], "no_numbers"), ([(ASHA, "9")], "unknown_category")])
def test_a_file_without_sense_changes_nothing(rows: list[tuple[str, str]], code: str) -> None:
    scrub((ASHA, "0"))
    with pytest.raises(InvalidDndFile) as refusal:
        scrub(*rows)
    assert (refusal.value.code, DndNumber.objects.get().blocked) == (code, 1)


def test_a_partial_preference_blocks_its_categories_and_whatever_does_not_tell_one() -> None:
    banking = 1 << 1
    assert [blocks(banking, sender) for sender in ("123456", "223456", "ACMEIN")] == [True, False, True]
    assert (blocks(0, "ACMEIN"), blocks(1, "223456")) == (False, True)
