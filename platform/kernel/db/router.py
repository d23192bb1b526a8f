"""Sends a query to the connection of the context it runs in.

Web processes hold the web login as `default`; the platform console's queries go over a second connection with the
worker's login, because the web login may never become the platform role (docs/adr/0002).
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from kernel.db.tenancy import current_scope


class ScopeRouter:
    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        scope = current_scope()
        return scope.alias if scope else None

    db_for_write = db_for_read

    def allow_relation(self, left: Model, right: Model, **hints: Any) -> bool:
        # Every alias is the same database under another login.
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"
