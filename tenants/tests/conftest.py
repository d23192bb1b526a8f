from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest
from pytest_django import Settings

from tenants.token_memory import forget_tokens

NAVIGATION = "config.navigation.navigation"


@pytest.fixture(autouse=True)
def _this_room_alone(settings: Settings) -> Iterator[None]:
    """No addresses of the rooms above, and no sidebar, which leads there; nothing remembered of the test before."""
    settings.ROOT_URLCONF = "tenants.tests.urls"
    templates = deepcopy(settings.TEMPLATES)
    processors = templates[0]["OPTIONS"]["context_processors"]
    templates[0]["OPTIONS"]["context_processors"] = [name for name in processors if name != NAVIGATION]
    settings.TEMPLATES = templates
    yield
    forget_tokens()
