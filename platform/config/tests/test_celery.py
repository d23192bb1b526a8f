"""How workers use the database."""

from __future__ import annotations

from celery.fixups.django import DjangoWorkerFixup

from config.celery import app


def test_celery_leaves_the_connections_of_a_worker_alone_between_tasks() -> None:
    fixup = DjangoWorkerFixup(app)
    for _ in range(100):
        fixup.close_database()
    assert fixup._db_recycles == 100
