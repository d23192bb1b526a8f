"""Tasks sent when a page's transaction has committed. They only make things quicker: a sweep finds what they miss."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from kernel.db.tenancy import scoped_connection


def after_commit(task: Any, *arguments: object) -> None:
    """Send a task with its arguments as text; a broker that is away costs a log line, not the page."""
    send = partial(task.delay, *map(str, arguments))
    transaction.on_commit(send, using=scoped_connection().alias, robust=True)
