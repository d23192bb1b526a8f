"""What is committed as vendored is, octet for octet, what static/vendor/vendor.toml records; no network needed."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MANIFEST: dict[str, Any] = tomllib.loads((ROOT / "static/vendor/vendor.toml").read_text())
PACKAGES: list[dict[str, Any]] = MANIFEST["package"]


def recorded_sums() -> dict[Path, str]:
    return {ROOT / p["directory"] / f["to"]: f["sha256"] for p in PACKAGES for f in p["files"]}


def test_every_vendored_file_has_its_recorded_sha256() -> None:
    found = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in recorded_sums()}
    assert found == recorded_sums()


def test_nothing_is_vendored_without_a_record() -> None:
    on_disk = {path for top in ("static/vendor", "tests/vendor") for path in (ROOT / top).rglob("*") if path.is_file()}
    unrecorded = {path.name for path in on_disk - set(recorded_sums())}
    # Tabler's archive holds no licence text; ours is written from the banner of its files.
    assert unrecorded == {"vendor.toml", "LICENSE"}


def test_every_package_has_its_licence_text_beside_it() -> None:
    folders = {path.parent for path in recorded_sums() if path.suffix != ".svg"}
    assert [folder for folder in folders if not list(folder.glob("LICENSE*"))] == []


def test_no_vendored_text_points_to_a_source_map() -> None:
    texts = [path for path in recorded_sums() if path.suffix in {".css", ".js"}]
    assert [path.name for path in texts if b"sourceMappingURL" in path.read_bytes()] == []


def test_the_sprite_holds_exactly_the_listed_icons() -> None:
    listed = next(p["icons"] for p in PACKAGES if "icons" in p)
    drawn = re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static/icons.svg").read_text())
    assert drawn == sorted(listed)
