"""Telemarketers and chains: how they come about, and that an approved one stays what it was."""

from __future__ import annotations

from functools import partial
from uuid import UUID, uuid4

import pytest

from audit.models import Entry
from compliance import services
from compliance.errors import InvalidChain, InvalidDltId, NameTaken, NotFound, WrongState
from compliance.identifiers import chain_hash
from compliance.models import Chain, RuleVersion, Telemarketer
from compliance.portal_moves import Step
from compliance.services.portal import Told
from compliance.statuses import PortalState, StateSource
from compliance.tests.builders import NOW, WRITER, dlt_id, make_entity
from compliance.tests.register import ACTIVE, make_chain, make_telemarketer

pytestmark = pytest.mark.usefixtures("tenant_id")


def move(chain: Chain, *steps: Step) -> Chain:
    for step in steps:
        chain = services.move_chain(chain_id=chain.pk, step=step, actor=WRITER, now=NOW)
    return chain


def test_the_hash_is_the_one_that_operators_compute() -> None:
    ids = ["1101172974420830004"]
    found = chain_hash("1101172974420810001", ids)
    assert found == "c0c951afca257c5b87c3da535c09112080483f35b7e6faf35e2428b3b526b694"


def test_a_chain_is_accepted_in_turn_and_approved_at_the_end() -> None:
    entity = make_entity()
    ids = [make_telemarketer(entity).telemarketer_id for _ in range(2)]
    chain = move(make_chain(entity, ids=ids, told=None), Step.SUBMIT, Step.ACCEPT)
    assert (chain.portal_state, chain.accepted_count) == (PortalState.AWAITING_TM, 1)
    chain = move(chain, Step.ACCEPT)
    assert (chain.portal_state, chain.accepted_count) == (PortalState.AWAITING_PE, 2)
    chain = move(chain, Step.APPROVE)
    assert chain.portal_state == PortalState.ACTIVE
    assert chain.hash == chain_hash(entity.dlt_entity_id, ids)
    assert services.chain_for(entity_id=entity.pk, telemarketer_id=ids[1]) == chain
    assert services.chain_for(entity_id=entity.pk, telemarketer_id=ids[0]) is None


def test_a_step_out_of_turn_is_refused() -> None:
    chain = make_chain(told=None)
    for step in (Step.ACCEPT, Step.APPROVE, Step.SUSPEND):
        with pytest.raises(WrongState):
            move(chain, step)
    chain = move(chain, Step.SUBMIT, Step.REJECT)
    assert chain.portal_state == PortalState.DECLINED
    with pytest.raises(WrongState):
        move(chain, Step.SUBMIT)


@pytest.mark.parametrize("state", [PortalState.ADDED, PortalState.PENDING, PortalState.REJECTED])
def test_no_chain_is_opened_with_a_telemarketer_that_is_not_active(state: PortalState) -> None:
    entity = make_entity()
    bound = make_telemarketer(entity, told=Told(state))
    with pytest.raises(InvalidChain, match="No active telemarketer"):
        make_chain(entity, ids=[bound.telemarketer_id], told=None)


def test_a_chain_that_the_portal_has_already_is_taken_down_as_told() -> None:
    chain = make_chain(ids=[dlt_id("02")], told=Told(PortalState.SUSPENDED, source=StateSource.IMPORT))
    assert (chain.portal_state, chain.synced_at) == (PortalState.SUSPENDED, NOW)


def test_chains_without_an_entity_id_an_end_or_with_a_repeat_are_refused() -> None:
    entity, number = make_entity(), dlt_id("02")
    for ids in ([], [number, number], [entity.dlt_entity_id]):
        with pytest.raises(InvalidChain):
            make_chain(entity, ids=ids)
    with pytest.raises(InvalidChain, match="no entity id"):
        make_chain(make_entity(dlt_entity_id=""), ids=[number])
    with pytest.raises(InvalidDltId):
        make_chain(entity, ids=["1.10716E+18"])


def test_an_entity_has_several_chains_but_each_once_until_it_is_revoked() -> None:
    entity, number = make_entity(), dlt_id("02")
    chain = make_chain(entity, ids=[number])
    make_chain(entity, ids=[dlt_id("02"), number])
    with pytest.raises(NameTaken):
        make_chain(entity, ids=[number])
    move(chain, Step.END)
    assert make_chain(entity, ids=[number]).hash == chain.hash


def test_an_entity_keeps_its_id_while_a_chain_stands() -> None:
    entity = make_entity()
    chain = make_chain(entity)
    rename = partial(services.change_entity, entity_id=entity.pk, legal_name="Acme", actor=WRITER, now=NOW)
    with pytest.raises(WrongState, match="part of its chains"):
        rename(dlt_entity_id=dlt_id("01"))
    move(chain, Step.END)
    assert rename(dlt_entity_id=dlt_id("01")).dlt_entity_id != entity.dlt_entity_id


def test_recording_a_telemarketer_again_changes_the_one_row() -> None:
    bound = make_telemarketer()
    make_telemarketer(bound.entity, number=bound.telemarketer_id, told=Told(PortalState.SUSPENDED, "Unpaid fee"))
    standing = Telemarketer.objects.get()
    assert (standing.portal_state, standing.state_reason) == (PortalState.SUSPENDED, "Unpaid fee")


def test_every_change_is_on_the_trail_and_renews_the_rules() -> None:
    chain = make_chain(told=None)
    before = RuleVersion.objects.get().version
    services.record_chain(chain_id=chain.pk, told=ACTIVE, actor=WRITER, now=NOW)
    assert RuleVersion.objects.get().version != before
    entry = Entry.objects.filter(action="chain.record").get()
    assert entry.before
    assert entry.after
    assert (entry.before["portal_state"], entry.after["portal_state"]) == ("draft", "active")


@pytest.mark.parametrize("missing", [uuid4()])
def test_what_does_not_exist_is_not_found(missing: UUID) -> None:
    with pytest.raises(NotFound):
        services.move_chain(chain_id=missing, step=Step.END, actor=WRITER, now=NOW)
    with pytest.raises(NotFound):
        services.create_chain(entity_id=missing, telemarketer_ids=[dlt_id("02")], actor=WRITER, now=NOW)
