"""Every place where the product looks across tenants, with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
ROOMS: Final = (
    "audit",
    "billing",
    "campaigns",
    "compliance",
    "gateways",
    "messaging",
    "platform",
    "reporting",
    "routing",
    "tenants",
)
# Files with the reasons that they give, as they are written.
ACROSS: Final = {
    ("audit/exports.py", "find exports of trails that lost their task"),
    ("audit/heads.py", "note what was written outside the database"),
    ("audit/heads.py", "read the heads of the audit trails"),
    ("audit/sealing.py", "find the audit trails to seal"),
    ("audit/verifying.py", "read what was written outside the database"),
    ("audit/verifying.py", "verify an audit trail"),
    ("billing/exports.py", "find exports that lost their task"),
    ("campaigns/services/control.py", "look after running campaigns"),
    ("campaigns/services/failures.py", "count numbers that failed for good"),
    ("campaigns/services/hygiene.py", "find reports on lists that lost their worker"),
    ("campaigns/services/verifying.py", "find look-ups that lost their worker"),
    ("campaigns/services/forgetting.py", "forget who old campaigns were for"),
    ("campaigns/services/imports.py", "find imports that lost their worker"),
    ("campaigns/services/imports.py", "forget cells of old imports"),
    ("campaigns/services/running.py", "claim due campaigns"),
    ("campaigns/tasks.py", "read what segments cost"),
    ("campaigns/services/running.py", "find campaigns whose time is over"),
    ("compliance/management/commands/destination.py", "close destinations for everybody"),
    ("compliance/services/imports.py", "find portal imports that lost their worker"),
    ("compliance/services/imports.py", "forget files of old portal imports"),
    ("compliance/services/objections.py", "forget old counts of what rules objected to"),
    ("messaging/management/commands/audit_books.py", "audit the books"),
    ("messaging/management/commands/settle_in_doubt.py", "settle what is in doubt"),
    ("messaging/dispatcher/serving.py", "see whether anything waits that could probe a route"),
    ("messaging/services/passing_on.py", "pass batches on to their next route"),
    ("messaging/services/passing_on.py", "disable routes that are drained"),
    ("messaging/services/surgery.py", "carry out an operation on the queues"),
    ("messaging/services/surgery.py", "forget counts of queues that nobody confirmed"),
    ("messaging/services/surgery.py", "find operations on queues that lost their worker"),
    ("messaging/services/unmatched.py", "try receipts again"),
    ("messaging/services/inbound.py", "whose are texts that people sent"),
    ("messaging/services/parts_seen.py", "learn how long texts are reported"),
    ("messaging/services/sweeping.py", "f'find batches to end as {status.label}'"),
    ("messaging/services/retention.py", "forget what is over"),
    ("messaging/services/sweeping.py", "release due batches"),
    ("messaging/services/sweeping.py", "release what suspended tenants left"),
    ("messaging/services/probing.py", "hear of probes"),
    ("messaging/services/scrubbing.py", "look for what operators' scrubbing refuses"),
    ("messaging/services/stopping.py", "release batches whose stop was lifted"),
    ("platform/config/demo/build.py", "find a demo tenant"),
    ("platform/config/doctor.py", "examine the installation"),
    ("reporting/folding.py", "fold message events into roll-ups"),
    ("reporting/quality.py", "measure how routes deliver"),
    ("reporting/recounting.py", "recount roll-ups"),
    ("routing/services/dialects.py", "forget what was learnt"),
    ("routing/services/dialects.py", "learn from receipts"),
    ("routing/services/dialects.py", "unlearn a habit"),
    ("routing/services/lookups.py", "change a source of look-ups"),
    ("routing/services/lookups.py", "read how to look numbers up"),
    ("routing/services/plans.py", "change the plan"),
    ("routing/services/routes.py", "change a route"),
    ("routing/services/routes.py", "make a route"),
    ("routing/services/unreadable.py", "forget what nobody could read"),
    ("routing/services/unreadable.py", "keep what nobody can read"),
    ("tenants/access.py", "f'{view.__module__}.{view.__name__}'"),
    ("tenants/mailing.py", "claim invitations to mail"),
    ("tenants/mailing.py", "claim notifications to mail"),
    ("tenants/mailing.py", "delete old notifications"),
    ("tenants/management/commands/create_tenant.py", "create a tenant and invite its owner"),
    ("tenants/queries.py", "list all tenants"),
    ("tenants/services/organisations.py", "create a tenant"),
    ("tenants/services/organisations.py", "give a tenant its share of routes"),
    ("tenants/services/organisations.py", "suspend or free a tenant"),
}
# Who speaks of the role without the context: what makes roles and tables, and the dispatcher's own connections.
BY_HAND: Final = {
    "messaging/dispatcher/statements.py",
    "platform/kernel/db/operations.py",
    "platform/kernel/db/partitions.py",
    "platform/kernel/db/roles.py",
    "platform/kernel/db/tenancy.py",
}


def sources() -> Iterator[tuple[str, str]]:
    """Name and content of every file of the product."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if not {"tests", "migrations"} & set(path.parts):
                yield str(path.relative_to(ROOT)), path.read_text()


def reasons(source: str) -> Iterator[str]:
    """Of every call of platform_context, by whatever module it is reached."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "platform_context":
            (given,) = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
            yield str(given.value) if isinstance(given, ast.Constant) else ast.unparse(given)


def test_looking_across_tenants_is_listed_with_its_reason() -> None:
    found = {(name, reason) for name, source in sources() for reason in reasons(source)}
    assert found - ACROSS == set(), (
        "These look across tenants and are not listed. Is there no way within one tenant? If there is none, add file "
        "and reason to ACROSS, where the next reader will look for them."
    )
    assert ACROSS - found == set(), "These no longer look across tenants: take them off the list."


def test_the_platforms_role_is_taken_by_the_context_alone() -> None:
    found = {name for name, source in sources() if "dakiya_platform" in source or "PLATFORM_ROLE" in source}
    assert found == BY_HAND


def test_no_context_is_entered_under_another_name() -> None:
    """The list above finds calls by their name."""
    aliases = [
        name
        for name, source in sources()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for imported in node.names
        if imported.name == "platform_context" and imported.asname
    ]
    assert aliases == []
