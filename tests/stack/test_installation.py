"""The installation as `make run` starts it: what is killed comes back; the fixture asserts that all of it ends."""

from __future__ import annotations

import urllib.request

import pytest

from config import supervised
from tests.fixtures.stack import Stack
from tests.waiting import until

PROCESSES = ("web", "worker", "worker-urgent", "beat", "dispatch-otp", "dispatch", "smsc")


def is_ready(stack: Stack) -> bool:
    try:
        with urllib.request.urlopen(f"{stack.base_url}/readyz", timeout=5) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)
    except OSError:
        return False


def test_every_process_of_the_list_runs(stack: Stack) -> None:
    def states() -> dict[str, str]:
        return {name: state["statename"] for name, state in supervised.processes(stack.var).items()}

    until(lambda: set(states().values()) == {"RUNNING"}, timeout_s=30)
    assert set(states()) == set(PROCESSES)


@pytest.mark.parametrize("name", [*PROCESSES, "postgres", "valkey"])
def test_what_is_killed_comes_back(stack: Stack, name: str) -> None:
    killed = stack.kill(name)
    stack.wait_until_back(name, killed=killed)
    until(lambda: is_ready(stack), timeout_s=30)


def test_the_demo_is_described_for_tools(stack: Stack) -> None:
    demo = stack.demo
    assert demo["base_url"] == stack.base_url
    assert demo["smsc"] == {"host": "127.0.0.1", "port": stack.ports["SMSC_PORT"]}
    assert {user["role"] for user in demo["users"]} >= {"owner", "marketer", "compliance", "finance", "platform"}
    assert len(demo["tenants"]) >= 2
