"""deploy/supervisord.conf, docker-compose.yml, the launcher and the settings describe one installation."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from config import run
from kernel.queues import Queue

ROOT: Final = Path(__file__).resolve().parent.parent.parent
SERVERS: Final = {"postgres", "valkey", "release"}
ENVIRONMENT_READERS: Final = {"text", "integer", "boolean", "words"}
# What differs on purpose: a container listens on all of its own addresses, on fixed ports.
IN_CONTAINERS: Final = {
    "%(ENV_WEB_PORT)s": "8000",
    "%(ENV_SMSC_PORT)s": "2776",
    "%(ENV_SMSC_CONTROL_PORT)s": "2777",
    "127.0.0.1": "0.0.0.0",  # noqa: S104 (inside a container)
    "%%": "%",
}


@pytest.fixture(scope="module")
def programs() -> dict[str, configparser.SectionProxy]:
    parser = configparser.RawConfigParser(inline_comment_prefixes=(";",))
    parser.read(ROOT / "deploy" / "supervisord.conf")
    return {name.removeprefix("program:"): parser[name] for name in parser.sections() if name.startswith("program:")}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return described


def words(command: str) -> list[str]:
    for written, meant in IN_CONTAINERS.items():
        command = command.replace(written, meant)
    return shlex.split(command)


def settings_calls() -> list[ast.Call]:
    tree = ast.parse((ROOT / "platform" / "config" / "settings.py").read_text())
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr in ENVIRONMENT_READERS) == ("env", True)
    ]


def names_of(call: ast.Call) -> set[str]:
    """The variables a call reads; the one that takes its name from LOGIN_URLS reads the logins' three."""
    name = call.args[0]
    return {str(name.value)} if isinstance(name, ast.Constant) else set(run.LOGIN_URLS.values())


def required_in_production() -> set[str]:
    """Variables whose default is another one in production, which is the settings' way to ask for them."""
    asked = [call for call in settings_calls() if len(call.args) > 1 and "IS_PRODUCTION" in ast.unparse(call.args[1])]
    return set().union(*map(names_of, asked))


def filled(environment: dict[str, str]) -> dict[str, str]:
    """As compose would read it, every value that has to be given being `given`."""
    return {
        name: re.sub(
            r"\$\{\w+:(?:\?|-([^}]*))\}", lambda match: match[1] if match[1] is not None else "given", str(value)
        )
        for name, value in environment.items()
    }


def test_both_files_run_the_same_processes(
    programs: dict[str, configparser.SectionProxy], services: dict[str, Any]
) -> None:
    assert set(programs) == set(services) - SERVERS


def test_each_process_has_the_same_command_and_time_to_stop(
    programs: dict[str, configparser.SectionProxy], services: dict[str, Any]
) -> None:
    here = {name: (words(section["command"]), f"{section['stopwaitsecs']}s") for name, section in programs.items()}
    there = {name: (services[name]["command"], services[name]["stop_grace_period"]) for name in programs}
    assert here == there


@pytest.mark.parametrize("unit", sorted((ROOT / "deploy" / "systemd").glob("*.service")), ids=lambda unit: unit.stem)
def test_each_unit_of_systemd_runs_what_supervisord_runs(
    unit: Path, programs: dict[str, configparser.SectionProxy]
) -> None:
    parser = configparser.RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as the standard library documents it
    parser.read(unit)
    service = parser["Service"]
    program = programs[unit.stem.removeprefix("dakiya-").removesuffix("@")]
    own = service["ExecStart"].removeprefix("/usr/bin/env ").replace("%%", "%").replace("-%i@", "@")
    assert shlex.split(own.replace("%i", "8000")) == words(program["command"])
    signal = service.get("KillSignal", "SIGTERM")
    assert (service["TimeoutStopSec"], signal) == (program["stopwaitsecs"], f"SIG{program.get('stopsignal', 'TERM')}")


def test_what_opens_the_servers_to_a_second_machine_names_servers_alone(services: dict[str, Any]) -> None:
    opened = yaml.safe_load((ROOT / "deploy" / "open-inside.yml").read_text())["services"]
    assert set(opened) == {"postgres", "valkey"} <= set(services)
    assert all(service["ports"][0].startswith("${INSIDE_ADDRESS:?}:") for service in opened.values())


def test_the_image_starts_the_web_process_by_default(services: dict[str, Any]) -> None:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
    command = re.search(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert command is not None
    assert yaml.safe_load(command[1]) == services["web"]["command"]


def test_everything_comes_back_when_it_is_killed(
    programs: dict[str, configparser.SectionProxy], services: dict[str, Any]
) -> None:
    assert {section["autorestart"] for section in programs.values()} == {"true"}
    assert min(int(section["startretries"]) for section in programs.values()) >= 1000
    assert {name for name, service in services.items() if service["restart"] != "always"} == {"release"}


def test_the_simulator_belongs_to_development_alone(services: dict[str, Any]) -> None:
    assert [name for name, service in services.items() if service.get("profiles")] == ["smsc"]
    assert services["smsc"]["profiles"] == ["development"]


def test_every_queue_has_exactly_one_worker(programs: dict[str, configparser.SectionProxy]) -> None:
    commands = [words(section["command"]) for section in programs.values()]
    served = [queue for command in commands if "-Q" in command for queue in command[command.index("-Q") + 1].split(",")]
    assert sorted(served) == sorted(queue.value for queue in Queue)


def test_the_launcher_sets_every_variable_that_the_processes_are_started_with(tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "supervisord.conf").read_text()
    used = set(re.findall(r"%\(ENV_(\w+)\)s", text))
    assert used
    assert used <= set(run.environment_of(tmp_path))


def test_settings_read_every_variable_that_compose_sets(services: dict[str, Any]) -> None:
    read = set().union(*map(names_of, settings_calls()))
    given = {name for service in set(services) - {"postgres"} for name in services[service].get("environment", {})}
    assert given - read == set()


def test_compose_sets_every_variable_that_production_requires(services: dict[str, Any]) -> None:
    required = required_in_production()
    assert {"SECRET_KEY", "SECRETS_KEYS", "ALLOWED_HOSTS", "OWNER_DATABASE_URL", "BROKER_URL"} <= required
    for name in set(services) - {"postgres", "valkey"}:
        assert required - set(services[name]["environment"]) == set(), name


@pytest.mark.parametrize("login", ["web", "worker", "owner"])
def test_production_settings_load_with_what_compose_sets(services: dict[str, Any], login: str) -> None:
    variables = {**filled(services["web"]["environment"]), "DAKIYA_LOGIN": login, "PYTHONPATH": ".:platform"}
    code = "from config import settings as s; print(s.IS_PRODUCTION, s.DATABASES['default']['USER'], s.ALLOWED_HOSTS)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert done.stdout == f"True dakiya_{login} ['given']\n", done.stderr


@pytest.mark.parametrize(
    "missing", ["SECRET_KEY", "SECRETS_KEYS", "ALLOWED_HOSTS", "DATABASE_URL", "BROKER_URL", "CACHE_URL"]
)
def test_production_does_not_start_without_a_variable_it_requires(services: dict[str, Any], missing: str) -> None:
    variables = {**filled(services["web"]["environment"]), "DAKIYA_LOGIN": "web", "PYTHONPATH": ".:platform"}
    del variables[missing]
    command = [sys.executable, "-c", "import config.settings"]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{missing} is not set" in done.stderr
