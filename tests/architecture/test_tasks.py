"""Tasks, queues and periodic jobs name each other correctly."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, Final

import pytest

from config.celery import app
from config.schedule import JOBS, Job
from kernel.queues import QUEUE_OF_TASK

ROOT: Final = Path(__file__).resolve().parent.parent.parent
NAME: Final = re.compile(r"([a-z]+)\.[a-z]+(_[a-z]+)*")


@pytest.fixture(scope="module")
def tasks() -> dict[str, Any]:
    """Ours, by name."""
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith("celery.")}


def task_modules() -> list[Path]:
    return sorted(ROOT.glob("[a-z]*/tasks.py"))


def test_every_task_is_named_for_its_room_and_what_it_does(tasks: dict[str, Any]) -> None:
    assert len(tasks) > 10
    for name, task in tasks.items():
        match = NAME.fullmatch(name)
        assert match, name
        assert task.__module__.partition(".")[0] == match[1], name


def test_every_queue_is_chosen_for_a_task_that_exists(tasks: dict[str, Any]) -> None:
    assert QUEUE_OF_TASK.keys() - tasks.keys() == set()


def test_every_periodic_job_is_a_task_that_exists_and_comes_once(tasks: dict[str, Any]) -> None:
    names = [job.task for job in JOBS]
    assert set(names) - tasks.keys() == set()
    assert sorted(names) == sorted(set(names))


def test_no_task_names_its_queue_itself() -> None:
    """kernel.queues is the one list; Celery has deprecated the argument."""
    decorators = {
        (path.parent.name, ast.unparse(decorator))
        for path in task_modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
    }
    assert decorators
    assert {(room, text) for room, text in decorators if "queue=" in text} == set()


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.task)
def test_a_periodic_job_runs_twice_on_an_empty_installation(
    job: Job, tasks: dict[str, Any], transactional_db: None
) -> None:
    assert tasks[job.task]() is None
    assert tasks[job.task]() is None
