"""A stand-in for an operator as its driver sees it: a process that speaks SMPP on a port and JSON lines beside it.

Started with one argument, JSON: `accounts` (system_id → password, `answer` and `receipt` for the notations of the
message id, `form` of receipts: text or tlv) and `tls` (PEM `key` and `cert`, or null). On standard output it says

    ready        port, tls_port where it has one, version
    bound        account, kind                           refused      account
    submit       account, to, from, coding, text, join (way, ref, total, part), tlvs (hex tag → value, vendors' only)
    throttled    account                                 acknowledged account, status
    closed       account                                 restarted

and on standard input it takes orders about an account: {"do": "throttled", "after": n} refuses n submits for a
moment; {"do": "unbindAfter"}, {"do": "hangUpAfter"} and {"do": "restartAfter"} do it after n more answers. A restart
drops all its connections and listens anew, with what it owes kept. It ends with its input.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.waiting import until

ROOT: Final = Path(__file__).resolve().parent.parent.parent
START_S: Final = 20.0
Event = dict[str, Any]


class StandIn:
    """A running one. `events` grows while it runs."""

    def __init__(
        self, command: Sequence[str], options: Mapping[str, Any], environment: Mapping[str, str], log: Path
    ) -> None:
        self.events: list[Event] = []
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [*command, json.dumps(options)],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.ready: Event = until(self._greeting, START_S)[0]

    def _greeting(self) -> list[Event]:
        if self._process.poll() is not None:
            raise AssertionError(f"{self._process.args!r} ended with {self._process.returncode}")
        return self.of("ready")

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))

    @property
    def port(self) -> int:
        return int(self.ready["port"])

    def of(self, event: str, account: str = "") -> list[Event]:
        return [each for each in self.events if each["event"] == event and account in ("", each.get("account"))]

    def submits(self, account: str, recipients: Sequence[str]) -> dict[str, list[Event]]:
        """What came for each recipient, repetitions too, in order."""
        found: dict[str, list[Event]] = {recipient: [] for recipient in recipients}
        for event in self.of("submit", account):
            if (to := f"+{event['to']}") in found:
                found[to].append(event)
        return found

    def order(self, do: str, account: str, after: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "account": account, "after": after}) + "\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()


def text_of(parts: Sequence[Event]) -> str:
    """The text that a phone would show: each part once, in the order of its number."""
    first = {part["join"]["part"]: part["text"] for part in reversed(parts)}
    return "".join(first[number] for number in sorted(first))
