"""What `make interop` stands on, as far as it needs no registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel.telecom.segments import segment
from tests.interop.accounts import TEXTS
from tests.interop.implementations import CannotInstall, install_npm
from tests.interop.standin import text_of


def test_parts_are_put_together_by_number_each_once() -> None:
    parts = [{"join": {"part": part}, "text": text} for part, text in ((2, "b"), (1, "a"), (2, "again"), (3, "c"))]
    assert text_of(parts) == "abc"


def test_where_npm_is_missing_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotInstall, match="apt install nodejs npm"):
        install_npm()


@pytest.mark.parametrize("name", ["three parts", "three parts of UCS-2"])
def test_the_long_texts_have_three_parts(name: str) -> None:
    assert len(segment(TEXTS[name]).parts) == 3
