"""What happens when a tenant's own rules of style object. Legal rules have no level to change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from audit.services import Actor, record
from compliance.errors import InvalidRuleLevel
from compliance.levels import Level
from compliance.models import RuleLevel
from compliance.rules.catalogue import adjustable
from compliance.rules.versions import touch


def rule_levels() -> dict[str, Level]:
    """The level in force of every rule that has one to choose, by key."""
    chosen = dict(RuleLevel.objects.values_list("key", "level"))
    return {key: Level(chosen.get(key, about.default)) for key, about in adjustable().items()}


def choose_rule_levels(*, levels: Mapping[str, Level], actor: Actor, now: datetime) -> dict[str, Level]:
    """Choose levels for some rules; the others stay. Messages accepted from now on are judged by them.

    Raises:
        InvalidRuleLevel: a rule that does not exist, or one that always refuses.
    """
    unknown = sorted(levels.keys() - adjustable().keys())
    if unknown:
        raise InvalidRuleLevel(
            "rule_level_fixed",
            f"“{unknown[0]}” has no level to choose: it does not exist, or always refuses.",
            "Choose levels for rules of style only.",
        )
    with transaction.atomic():
        before = rule_levels()
        changed = {key: level for key, level in levels.items() if before[key] != level}
        if changed:
            rows = [RuleLevel(key=key, level=level, changed_at=now) for key, level in changed.items()]
            RuleLevel.objects.bulk_create(
                rows, update_conflicts=True, update_fields=["level", "changed_at"], unique_fields=["tenant_id", "key"]
            )
            record(
                action="rule_levels.choose",
                actor=actor,
                object_type="rulelevel",
                object_id=rows[0].tenant_id,
                summary=f"Chose levels of {len(changed)} rules",
                before={key: str(before[key]) for key in changed},
                after={key: str(level) for key, level in changed.items()},
                now=now,
            )
            touch()
    return {**before, **changed}
