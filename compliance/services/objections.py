"""How often rules of style object to messages that pass: what refusing them would cost, before anybody chooses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from compliance.levels import Level
from compliance.models import ObjectionCount, Template
from compliance.rules.catalogue import adjustable
from kernel.db.tenancy import current_tenant_id, platform_context

DAYS_SHOWN: Final = 7
DAYS_KEPT: Final = 90
MOST_TEMPLATES: Final = 50
# In the order of the keys, so that no two accepts wait for each other.
_COUNT_SQL: Final = """
INSERT INTO compliance_objectioncount (tenant_id, id, day, key, template_id, level, messages)
SELECT %s, gen_random_uuid(), %s, key, template_id, level, messages
FROM unnest(%s::text[], %s::uuid[], %s::text[], %s::int8[]) AS u (key, template_id, level, messages)
ON CONFLICT (tenant_id, day, key, template_id, level)
DO UPDATE SET messages = compliance_objectioncount.messages + excluded.messages"""


@dataclass(frozen=True, slots=True)
class TemplateCount:
    """Messages of one template; `label` is empty where the template is gone."""

    template_id: UUID
    label: str
    messages: int


def count_statement(
    *, noted: Mapping[tuple[str, UUID], int], chosen: Mapping[str, Level], now: datetime
) -> tuple[str, list[Any]]:
    """The statement that adds an accept's counts to the day's, for the tenant's current transaction.

    Args:
        noted: messages by the rule's key and the template, not empty.
        chosen: the levels that the tenant chose, by key.
    """
    known, rows = adjustable(), sorted(noted.items())
    levels = [str(chosen.get(key, known[key].default)) for (key, _), _ in rows]
    keys, templates = [key for (key, _), _ in rows], [template_id for (_, template_id), _ in rows]
    day = now.astimezone(UTC).date()
    return _COUNT_SQL, [current_tenant_id(), day, keys, templates, levels, [count for _, count in rows]]


def objections(*, now: datetime) -> Counter[str]:
    """Messages that passed in the last seven days although a rule objects, by the rule's key."""
    rows = ObjectionCount.objects.filter(day__gt=_since(now)).values("key").annotate(total=Sum("messages"))
    return Counter({row["key"]: row["total"] for row in rows})


def objections_by_template(*, key: str, now: datetime) -> list[TemplateCount]:
    """The templates that one rule objected to most in the last seven days, 50 at most; two queries."""
    counted = ObjectionCount.objects.filter(key=key, day__gt=_since(now)).values("template_id")
    rows = list(counted.annotate(total=Sum("messages")).order_by("-total", "template_id")[:MOST_TEMPLATES])
    labels = dict(Template.objects.filter(pk__in=[row["template_id"] for row in rows]).values_list("pk", "name"))
    return [TemplateCount(row["template_id"], labels.get(row["template_id"], ""), row["total"]) for row in rows]


def forget_old_counts(*, now: datetime) -> int:
    """Delete counts of every tenant after their time; returns how many rows."""
    with platform_context(reason="forget old counts of what rules objected to"):
        before = now.astimezone(UTC).date() - timedelta(days=DAYS_KEPT)
        return ObjectionCount.objects.filter(day__lt=before).delete()[0]


def _since(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=DAYS_SHOWN)
