"""What every kind of route must do, as stories that a package's own tests run against its provider.

    from routing.conformance import Case, stories

    @pytest.mark.parametrize("story", stories())
    def test_the_carrier_keeps_the_contract(story):
        story(Case(CarrierProvider(), carrier_operator, {"host": "127.0.0.1", "port": 4050}))

Nothing here knows a model or a database; pytest and Django's forms are all it needs (docs/adding-a-provider.md).
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("routing.conformance.stories")

from routing.conformance.case import Case, Configure, Ear, make_config, outgoing, stride  # noqa: E402 - see above
from routing.conformance.stories import Story, stories  # noqa: E402 - its asserts explain themselves

__all__ = ["Case", "Configure", "Ear", "Story", "make_config", "outgoing", "stories", "stride"]
