"""Everything that changes compliance data. One module per thing; import from here."""

from __future__ import annotations

from compliance.services.chains import chain_for, create_chain, move_chain, record_chain, record_telemarketer
from compliance.services.consent import need_consent, record_consent, timeline_of
from compliance.services.consent_templates import record_consent_template
from compliance.services.dnd import apply_preferences, forget_preferences
from compliance.services.entities import change_entity, create_entity
from compliance.services.links import record_link
from compliance.services.opt_out_links import make_links
from compliance.services.opt_outs import lift_opt_out, opt_out, opt_out_many, opted_out, start_again
from compliance.services.review import approve, ask_changes, first_approvals, reject, submit, withdraw
from compliance.services.senders import change_sender, create_sender, header_warnings, register_sender
from compliance.services.templates import change_template, create_template, create_version, register_template

__all__ = [
    "apply_preferences",
    "approve",
    "ask_changes",
    "chain_for",
    "change_entity",
    "change_sender",
    "change_template",
    "create_chain",
    "create_entity",
    "create_sender",
    "create_template",
    "create_version",
    "first_approvals",
    "forget_preferences",
    "header_warnings",
    "lift_opt_out",
    "make_links",
    "move_chain",
    "need_consent",
    "opt_out",
    "opt_out_many",
    "opted_out",
    "record_chain",
    "record_consent",
    "record_consent_template",
    "record_link",
    "record_telemarketer",
    "register_sender",
    "register_template",
    "reject",
    "start_again",
    "submit",
    "timeline_of",
    "withdraw",
]
