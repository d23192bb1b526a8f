"""How much a rule's objection counts."""

from __future__ import annotations

from django.db.models import TextChoices


class Level(TextChoices):
    """What happens when a rule objects."""

    OBSERVE = "observe", "Observe: shown by the check, messages pass"
    WARN = "warn", "Warn: messages pass with the code among their warnings"
    REFUSE = "refuse", "Refuse: messages are not accepted"
