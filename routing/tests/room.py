"""This room's pages by themselves."""

from __future__ import annotations

from copy import deepcopy

from pytest_django import Settings


def use_own_room(settings: Settings) -> None:
    """Only this room's addresses, and no sidebar, which leads to all rooms."""
    settings.ROOT_URLCONF = "routing.tests.urls"
    templates = deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["context_processors"].remove("config.navigation.navigation")
    settings.TEMPLATES = templates
