from __future__ import annotations

import pytest
from carrier import carrier_operator
from carrier_plugin import CarrierProvider, Timing

from routing.conformance import Case, Story, stories

CASE = Case(
    CarrierProvider(Timing(retry=0.02, retry_longest=0.1)),
    carrier_operator,
    {"host": "127.0.0.1", "port": 4050, "account": "acme", "key": "s3cret"},
)


@pytest.mark.parametrize("story", stories())
def test_the_carrier_keeps_the_contract(story: Story) -> None:
    story(CASE)
