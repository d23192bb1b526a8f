"""One seed from its first request to its verdict."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tests.chaos.clients import Clients
from tests.chaos.traffic import Traffic, make_traffic
from tests.chaos.trouble import Trouble, make_plan, tell_until_heard
from tests.chaos.verdict import (
    Operator,
    campaign_adds_up,
    finals,
    in_doubt,
    nothing_forgotten,
    nothing_lost,
    nothing_paid_twice,
    operator_of,
    rows_of,
)
from tests.fixtures.stack import ROOT, Stack
from tests.stack.api import Client, control
from tests.waiting import until

SLOTS: Final = 1_000
# The loss of a process costs the windows of its lines; these take the lines of all dispatchers with them.
EVERYBODY: Final = frozenset({"postgres", "smsc"})
_UNSENT_SQL: Final = """
SELECT count(*) FROM messages m WHERE m.status < 50 AND m.recipient >= %s AND m.recipient < %s
  AND NOT EXISTS (SELECT FROM operator_ids o WHERE o.tenant_id = m.tenant_id AND o.message_id = m.id AND o.parts > 0)"""
_BUSY_SQL: Final = """
SELECT (SELECT count(*) FROM batches WHERE state IN (0, 1, 2)),
    (SELECT count(*) FROM campaigns_chunk WHERE state = 'pending'),
    (SELECT count(*) FROM unmatched_receipts WHERE next_try_at < now() + interval '31 s'),
    (SELECT count(*) FROM messages WHERE status < 50)"""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a seed is, and how long it may take to become quiet.

    Args:
        s: seconds over which requests and trouble are spread.
        first: a victim of every seed; empty for chance alone.
    """

    messages: int
    kills: tuple[int, int]
    faults: tuple[int, int]
    s: float
    quiet_s: float
    is_slow: bool
    first: str = ""


def full(messages: int) -> Scale:
    return Scale(messages, (3, 8), (4, 9), s=30.0, quiet_s=300.0, is_slow=True)


SHORT: Final = Scale(2_000, (3, 4), (2, 3), s=8.0, quiet_s=180.0, is_slow=False, first="postgres")


class Seed:
    """One story on a running installation, which others may have been played on."""

    def __init__(self, stack: Stack, seed: int, scale: Scale) -> None:
        self._stack, self._seed, self._scale = stack, seed, scale
        # Trouble is the same however many messages there are.
        trouble, chance = random.Random(f"trouble {seed}"), random.Random(f"traffic {seed}")
        tenants = stack.demo["tenants"]
        self._slug, self._other = tenants[0]["slug"], tenants[1]["slug"]
        slot = seed % SLOTS
        self.traffic: Traffic = make_traffic(chance, slot=slot, messages=scale.messages, tenants=tenants, s=scale.s)
        plan = make_plan(
            trouble,
            kills=trouble.randint(*scale.kills),
            faults=trouble.randint(*scale.faults),
            s=scale.s,
            is_slow=scale.is_slow,
            first=scale.first,
        )
        self._launch_at, self._cancel_after = chance.uniform(0, 0.5) * scale.s, chance.uniform(0.2, 6)
        self.trouble = Trouble(stack, plan)
        self.clients = Clients(stack, self.traffic.requests)
        self._windows: dict[str, int] = {}
        self._campaigns: dict[str, str] = {}

    def play(self) -> dict[str, Any]:
        """The JSON line; `problems` is empty when all is well."""
        began, since = time.monotonic(), datetime.now(UTC)
        self._prepare()
        offset = self._stack.journal.stat().st_size if self._stack.journal.exists() else 0
        staff = threading.Thread(target=self._campaigners, name="staff")
        self.clients.start()
        self.trouble.start()
        staff.start()
        for thread in (self.trouble, self.clients, staff):
            thread.join()
        self.trouble.end_faults()
        problems = [f"strange answer: {each}" for each in self.clients.strange]
        problems += [f"never answered: {len(self.clients.unanswered)} requests"] if self.clients.unanswered else []
        if waiting := self._wait_until_quiet():
            problems.append(f"not quiet: {waiting}")
        operator = operator_of(self._stack, self.traffic, offset)
        rows = rows_of(self._stack, self.traffic)
        doubt = in_doubt(rows)
        problems += nothing_lost(rows, self.clients.promised, self.clients.refused, operator)
        problems += nothing_forgotten(self._stack, self.traffic, rows, operator)
        problems += self._doubt_is_explained(doubt)
        allowed = self._allowed(operator)
        if operator.duplicates > allowed:
            problems.append(f"{operator.duplicates} duplicates, {allowed} were in the windows")
        if (doubted := sum(doubt.values()) - doubt["silent"]) > allowed:
            problems.append(f"{doubted} in doubt, {allowed} were in the windows")
        before = finals(rows)
        problems += self._settle_and_count(since)
        return {
            "seed": self._seed,
            "messages": self.traffic.messages,
            "promised": len(self.clients.promised),
            "repeated_requests": self.clients.repeats,
            "window": self._windows["bind"],
            "kills": dict(sorted(self.trouble.killed.items())),
            "faults": dict(sorted(self.trouble.faults.items())),
            "finals": before,
            "in_doubt": dict(doubt),
            "cuts": operator.cuts,
            "unanswered": operator.unanswered,
            "duplicates": operator.duplicates,
            "allowed": allowed,
            "seconds": round(time.monotonic() - began, 1),
            "problems": problems,
        }

    # -- the story

    def _prepare(self) -> None:
        audiences = {
            f"Chaos {self._seed}": self.traffic.campaign,
            f"Chaos {self._seed}, cancelled": self.traffic.cancelled,
        }
        plan = self.trouble.plan
        made = self._inside("prepare", self._slug, self._other, str(plan.window), given=json.dumps(audiences))
        self._windows, self._campaigns = made["windows"], made["campaigns"]
        tell_until_heard(self._stack, {"id_notation": plan.notation})
        client = Client.of(self._stack)
        for to in self.traffic.opted_out:
            client.send_until_kept("opt-outs", {"to": to})

    def _campaigners(self) -> None:
        time.sleep(self._launch_at)
        kept, dropped = self._campaigns.values()
        self._inside_until_done("launch", self._slug, kept, dropped)
        time.sleep(self._cancel_after)
        self._inside_until_done("cancel", self._slug, dropped)

    def _inside_until_done(self, *words: str) -> None:
        """Each may be done once only: what was done before the connection broke is refused the second time."""

        def attempt() -> bool:
            done = self._run_inside(*words)
            return done.returncode == 0 or "OutOfOrder" in done.stderr

        until(attempt, 60)

    def _inside(self, *words: str, given: str = "") -> dict[str, Any]:
        done = self._run_inside(*words, given=given)
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    def _run_inside(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.chaos.inside", *words]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self._stack.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    # -- afterwards

    def _wait_until_quiet(self) -> str:
        """Empty when nothing moves any more; else what does."""
        give_up_at = time.monotonic() + self._scale.quiet_s
        while True:
            left = self._left()
            if not left:
                return ""
            if time.monotonic() > give_up_at:
                return ", ".join(f"{count} {name}" for name, count in left.items())
            time.sleep(1)

    def _left(self) -> dict[str, int]:
        try:
            ((unsent,),) = self._stack.rows(_UNSENT_SQL, [self.traffic.low, self.traffic.high])
            ((batches, chunks, unmatched, waiting),) = self._stack.rows(_BUSY_SQL)
            centre = control(self._stack, "")
        except OSError as problem:
            return {f"unreachable ({problem})": 1}
        found = {
            "unsent": unsent,
            "open batches": batches,
            "unwritten chunks": chunks,
            "receipts to match": unmatched if waiting else 0,
            "receipts on their way": centre["receipts_planned"] + centre["receipts_waiting"],
        }
        return {name: count for name, count in found.items() if count}

    def _doubt_is_explained(self, doubt: Counter[str]) -> list[str]:
        """A receipt may be missing only where the operator died with it."""
        if doubt["silent"] and not self._times(EVERYBODY - {"postgres"}):
            return [f"{doubt['silent']} have an operator's id and no receipt, and the operator was never killed"]
        return []

    def _settle_and_count(self, since: datetime) -> list[str]:
        """What nobody answers is settled, as by staff and by time; then everybody is at an end, and paid for once."""
        done = self._stack.manage("settle_in_doubt", "--older-than", "0m")
        problems = [f"settle_in_doubt: {done.stderr[-300:]}"] if done.returncode else []
        self._inside("settle")
        rows = rows_of(self._stack, self.traffic)
        left = [row.recipient for row in rows if row.is_waiting]
        if left:
            problems.append(f"{len(left)} x has no end after settlement: {', '.join(left[:5])}")
        bars = self._inside("progress", self._slug, *self._campaigns.values())
        for ident, people in zip(
            self._campaigns.values(), (self.traffic.campaign, self.traffic.cancelled), strict=True
        ):
            problems += campaign_adds_up(bars[ident], people, rows)
        problems += nothing_paid_twice(self._stack, since)
        return problems

    def _allowed(self, operator: Operator) -> int:
        """Windows that were lost with a process, a cut connection's window each, and answers that never came."""
        everybody = self._windows["dispatch"] + self._windows["dispatch-otp"]
        lost = everybody * self._times(EVERYBODY)
        lost += sum(self._windows[name] * self._times({name}) for name in ("dispatch", "dispatch-otp"))
        return lost + operator.cuts * self._windows["bind"] + operator.unanswered

    def _times(self, victims: set[str] | frozenset[str]) -> int:
        killed: Mapping[str, int] = self.trouble.killed
        return sum(count for name, count in killed.items() if name.split()[0] in victims and "(down)" not in name)
