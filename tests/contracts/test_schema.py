"""The published schema of the API: complete, without warnings, and naming every kind of resource."""

from __future__ import annotations

from pathlib import Path

import yaml
from django.core.management import call_command

KINDS = ("messages", "contacts", "lists", "imports", "campaigns", "templates", "headers", "opt-outs", "tokens")


def test_the_schema_is_generated_without_a_warning_and_has_every_kind(tmp_path: Path) -> None:
    target = tmp_path / "schema.yml"
    call_command("spectacular", "--fail-on-warn", "--file", str(target))
    paths = set(yaml.safe_load(target.read_text())["paths"])
    assert {f"/api/v1/{kind}" for kind in KINDS} <= paths
    assert "/api/v1/messages/batch" in paths
    assert not [path for path in paths if path.endswith("/")]
