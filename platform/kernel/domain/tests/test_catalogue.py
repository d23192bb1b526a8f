"""The catalogue of reasons is total and readable."""

from __future__ import annotations

import re

import pytest

from kernel.domain.catalogue import CATALOGUE, Explanation, Group, explain

# What the command_status table and its catalogue may hand to a customer.
OPERATOR_CODES = [
    "content_too_long",
    "route_protocol",
    "route_unavailable",
    "operator_error",
    "sender_not_allowed",
    "invalid_number",
    "message_not_found",
    "route_credentials",
    "cancel_too_late",
    "operator_congested",
    "operator_rejected",
    "dlt_parameters",
    "dlt_entity",
    "dlt_header",
    "dlt_template",
    "dlt_chain",
    "undeliverable",
    "validity_expired",
    "outcome_unknown",
]
REFUSALS = [
    "empty_text",
    "text_too_long",
    "invalid_number",
    "number_not_mobile",
    "unknown_sender",
    "sender_not_approved",
    "template_not_found",
    "template_not_approved",
    "template_not_matched",
    "template_header_not_linked",
    "variable_missing",
    "opted_out",
    "insufficient_credit",
    "no_price",
    "no_route",
    "not_after_passed",
    "time_too_far",
    "tenant_suspended",
    "cancelled",
    "duplicate_request",
    "validity_expired",
    "outcome_unknown",
    "undeliverable",
    "invalid_text",
]


@pytest.mark.parametrize("code", sorted({*OPERATOR_CODES, *REFUSALS}))
def test_every_code_of_operators_and_of_our_own_is_explained(code: str) -> None:
    assert code in CATALOGUE


@pytest.mark.parametrize("entry", CATALOGUE.values(), ids=lambda entry: entry.code)
def test_every_explanation_is_a_sentence_with_a_remedy(entry: Explanation) -> None:
    assert CATALOGUE[entry.code] is entry
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", entry.code)
    assert re.fullmatch(r"[A-Z].{8,118}\.", entry.sentence)
    assert re.fullmatch(r"[A-Z].{8,118}\.", entry.remedy)


def test_every_group_has_entries() -> None:
    assert {entry.group for entry in CATALOGUE.values()} == set(Group)


def test_a_known_code_is_explained_by_its_entry() -> None:
    assert explain("opted_out").group is Group.CONSENT


def test_an_unknown_code_keeps_its_name_in_a_general_explanation() -> None:
    entry = explain("operator_code_4711")

    assert entry.code == "operator_code_4711"
    assert entry.group is Group.UNKNOWN
    assert entry.remedy == "Contact support and quote the code."
