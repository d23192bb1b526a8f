"""What a route may say about chains of telemarketers."""

from __future__ import annotations

import pytest

from routing.chain_settings import ChainSettingsForm, without_chain


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"dlt_telemarketer_id": "1702000000000000077", "dlt_chain_required": "on"}, []),
        ({}, []),
        ({"dlt_chain_required": "on"}, ["dlt_chain_required"]),
        ({"dlt_telemarketer_id": "1.702E+18"}, ["dlt_telemarketer_id"]),
    ],
)
def test_a_required_chain_needs_the_telemarketer_at_its_end(given: dict[str, str], wrong: list[str]) -> None:
    assert list(ChainSettingsForm(given).errors) == wrong


def test_links_are_not_told_of_chains() -> None:
    assert without_chain({"host": "h", "dlt_telemarketer_id": "1", "dlt_chain_required": True}) == {"host": "h"}
