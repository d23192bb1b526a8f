"""Everything that changes compliance data. One module per thing; import from here."""

from __future__ import annotations

from compliance.services.consent import need_consent, record_consent, timeline_of
from compliance.services.dnd import apply_preferences, forget_preferences
from compliance.services.entities import change_entity, create_entity
from compliance.services.opt_outs import lift_opt_out, opt_out, opt_out_many, opted_out, start_again
from compliance.services.review import approve, ask_changes, reject, submit
from compliance.services.senders import change_sender, create_sender, register_sender
from compliance.services.templates import change_template, create_template, create_version, register_template

__all__ = [
    "apply_preferences",
    "approve",
    "ask_changes",
    "change_entity",
    "change_sender",
    "change_template",
    "create_entity",
    "create_sender",
    "create_template",
    "create_version",
    "forget_preferences",
    "lift_opt_out",
    "need_consent",
    "opt_out",
    "opt_out_many",
    "opted_out",
    "record_consent",
    "register_sender",
    "register_template",
    "reject",
    "start_again",
    "submit",
    "timeline_of",
]
