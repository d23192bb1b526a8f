"""What an operator can make a line remember, however long it goes on."""

from __future__ import annotations

import pytest

from routing.providers.smpp import bind
from tests.hostile.operator import DELIVER, RESPONSE, raw
from tests.hostile.stage import Stage, play


def test_of_what_nobody_can_read_only_the_last_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bind, "UNREADABLE_KEPT", 2)

    async def story(stage: Stage) -> None:
        line = await stage.bound()
        for sequence, body in enumerate(["first", "first", "second", "third", "first", "third", "third"], 1):
            line.send(raw(DELIVER, body.encode(), sequence=sequence))
        await stage.until(lambda: len(line.of(DELIVER | RESPONSE)) == 7)
        assert [bool(pdu.status) for pdu in line.of(DELIVER | RESPONSE)] == [True] * 6 + [False]

    play(story)
