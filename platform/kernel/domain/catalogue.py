"""Every reason why a message did not arrive, or was not taken, in words a customer can act on.

One entry for each error_code, whatever door or operator it came by: pages, API, exports and webhooks explain a
failure with the same sentence. Codes are public and never change their meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Group(StrEnum):
    """Where to look first; the reports count failures by these."""

    NUMBER = "number"
    CONTENT = "content"
    COMPLIANCE = "compliance"
    CONSENT = "consent"
    CREDIT = "credit"
    ROUTE = "route"
    OPERATOR = "operator"
    HANDSET = "handset"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means: the sentence says what happened, the remedy what to do."""

    code: str
    sentence: str
    remedy: str
    group: Group


_ENTRIES: Final[Mapping[Group, Mapping[str, tuple[str, str]]]] = {
    Group.NUMBER: {
        "invalid_number": (
            "The number does not exist or cannot receive SMS.",
            "Check the number and its country code; remove it from the list after a second failure.",
        ),
        "number_not_mobile": (
            "The number belongs to a landline or a special service, not to a mobile phone.",
            "Ask the recipient for a mobile number.",
        ),
    },
    Group.CONTENT: {
        "empty_text": ("The message has no text.", "Write a text, or check the variables that make it up."),
        "invalid_text": (
            "The text contains a character that cannot be sent.",
            "Remove the character that is named, or save the source file as UTF-8 and try again.",
        ),
        "text_too_long": ("The text needs more parts than are allowed.", "Shorten the text."),
        "content_too_long": ("The text is longer than the operator's line carries.", "Shorten the text."),
        "variable_missing": (
            "The template has a variable for which no value was given.",
            "Give a value for every variable, or a default for the empty ones.",
        ),
        "variable_too_long": (
            "The value of a variable is longer than its template allows.",
            "Shorten the value, or split it over two variables of a new template.",
        ),
        "variable_invalid": (
            "The value of a variable is not of the kind its template takes.",
            "Change the value, or use a template whose variable takes it.",
        ),
        "duplicate_request": (
            "A request with the same key was accepted before with other content.",
            "Use a new key for a new message; repeat a request unchanged to get its first answer.",
        ),
        "cancelled": (
            "The message was cancelled before it was handed to the operator.",
            "Nothing to do; send a new message if it is wanted after all.",
        ),
    },
    Group.COMPLIANCE: {
        "unknown_sender": ("The sender does not exist in your account.", "Use one of your senders or add this one."),
        "sender_not_approved": (
            "The sender is not approved for this destination.",
            "Wait for its approval or use an approved sender.",
        ),
        "sender_not_allowed": (
            "The operator does not know the sender as registered.",
            "Use a registered sender, or register this one with the operator.",
        ),
        "template_not_found": (
            "The template does not exist in your account.",
            "Check the template id, or add the template first.",
        ),
        "template_not_approved": (
            "The template is not approved for this destination.",
            "Wait for its approval or use an approved template.",
        ),
        "template_not_matched": (
            "The text matches no approved template of this sender.",
            "Compare it with the template letter by letter: blanks, quotes and full stops count.",
        ),
        "template_header_not_linked": (
            "The template is not linked to this sender.",
            "Link the sender to the template on the registration portal, or use the sender it is linked to.",
        ),
        "dlt_parameters": (
            "Registration data that India requires was missing or did not fit together.",
            "Check entity, sender and template in the compliance pages.",
        ),
        "dlt_entity": (
            "The operator does not accept the registered entity.",
            "Check on the registration portal that the entity is active and that its id is right.",
        ),
        "dlt_header": (
            "The operator does not accept the sender of this entity.",
            "Check on the registration portal that the sender is active, and that capitals are the same.",
        ),
        "dlt_template": (
            "The operator found that text and registered template differ, or that the template is not active.",
            "Compare the text with the registered template, and the template's state on the portal.",
        ),
        "dlt_entity_inactive": (
            "The operator says that the registered entity is not active.",
            "Renew the entity on the registration portal, then record its state in the compliance pages.",
        ),
        "dlt_header_inactive": (
            "The operator says that the sender's registration is not active.",
            "Renew or reactivate the sender on the registration portal, then record its state in the compliance pages.",
        ),
        "dlt_template_inactive": (
            "The operator says that the template's registration is not active.",
            "Reactivate the template on the registration portal, or register it again under a new id.",
        ),
        "dlt_header_unlinked": (
            "The operator says that the sender is not registered for this template.",
            "Link the sender to the template on the registration portal.",
        ),
        "dlt_variable": (
            "The operator found a variable longer than the registered template allows.",
            "Shorten the value, and set the variable's length here to what the portal has.",
        ),
        "dlt_preference": (
            "The operator's register says that the recipient wants no such promotion.",
            "Load a newer preference register, or take the number off the list.",
        ),
        "dlt_hours": (
            "The promotion reached the operator outside the permitted hours.",
            "Send promotions within the hours, and check the clock of the route.",
        ),
        "dlt_consent": (
            "The operators' consent register has no consent of the recipient.",
            "Collect the consent through the operators' register and record it.",
        ),
        "dlt_category": (
            "The operator found that sender and template are of different categories.",
            "Compare the category of both on the registration portal, and correct it here.",
        ),
        "dlt_links": (
            "The operator found a link or call-back number that is not whitelisted.",
            "Whitelist it on the registration portal, and record it in the compliance pages.",
        ),
        "dlt_chain": (
            "The operator does not know the chain from your entity to us.",
            "Open the registration portal and approve the chain; ask support for our ids.",
        ),
        "chain_missing": (
            "No route knows an approved chain of telemarketers from your entity to it.",
            "Let your entity approve a chain on the registration portal that ends in our id; support knows it.",
        ),
        "cta_not_whitelisted": (
            "The text has a link or call-back number that the entity has not whitelisted.",
            "Register the link or number on the registration portal and record it in the compliance pages.",
        ),
        "cta_blacklisted": (
            "The text has a link or number that is blacklisted on the registration portal.",
            "Remove it from the text; ask the operator why it was blacklisted.",
        ),
        "url_shortener_public": (
            "The text has a link of a public shortener, which operators refuse.",
            "Use a short link of your own domain that carries your sender, and whitelist it.",
        ),
        "url_shortener_used": (
            "The text has a link of a public shortener, which your own rules do not allow.",
            "Use a short link of your own domain.",
        ),
        "email_not_whitelisted": (
            "The text has an e-mail address that the entity has not whitelisted.",
            "Register the address on the registration portal and record it in the compliance pages.",
        ),
        "optout_text_missing": (
            "A promotional text does not say how to opt out.",
            "Add a way out to the text and register it again.",
        ),
        "sender_unverified": (
            "Phones show the sender as unverified, as it is not registered there, which your own rules do not allow.",
            "Register the sender for that country and record the registration.",
        ),
        "promotion_from_name": (
            "A promotional text goes out under a name, which your own rules do not allow.",
            "Send promotions from a header of digits.",
        ),
        "variable_untagged": (
            "The template has variables without a type, which your own rules do not allow.",
            "Register the text with typed variables.",
        ),
        "text_shouts": (
            "Much of the text is in capitals, which your own rules do not allow.",
            "Write words in small letters.",
        ),
        "outside_permitted_hours": (
            "Promotional messages are not permitted at this hour at the destination.",
            "Schedule the message within the permitted hours.",
        ),
        "promo_window_closed": (
            "Promotional messages are not handed over at this hour at the recipient's place.",
            "Send it within the permitted hours, or let promotions wait for them.",
        ),
        "promo_deferred": (
            "The promotional message waits for the permitted hours at the recipient's place.",
            "Nothing needs to be done; it goes out when the hours begin.",
        ),
        "destination_blocked": (
            "The destination is closed to your organisation.",
            "Open it for this class of messages, or ask support when the platform closed it.",
        ),
        "destination_cap_reached": (
            "As many messages as you allowed went to this destination within 24 hours.",
            "Send the rest later, or raise the cap of the destination.",
        ),
        "duplicate_message": (
            "The recipient has just been sent the same text by the same sender.",
            "Check that the message is not sent twice; send it again when the minutes you chose are over.",
        ),
        "frequency_capped": (
            "The recipient has had as many promotional messages as you allow.",
            "Send the promotion later, or raise the number.",
        ),
        "number_run": (
            "Many passcodes went to neighbouring numbers, as they do when somebody earns from each.",
            "Look whether people asked for these passcodes; close the numbers' first digits if not.",
        ),
        "tenant_suspended": ("Sending is suspended for your account.", "Contact support to learn the reason."),
    },
    Group.CONSENT: {
        "opted_out": (
            "The recipient does not want these messages.",
            "Take the number off the list; only the recipient can change this.",
        ),
        "consent_missing": (
            "There is no proof that the recipient agreed to such messages.",
            "Collect the recipient's consent and record it, then send again.",
        ),
        "consent_expired": (
            "The recipient agreed to such messages, but the consent has expired.",
            "Ask the recipient again and record the new consent.",
        ),
        "preference_blocked": (
            "The recipient's registered preference blocks such promotions.",
            "Take the number off the list, or record the recipient's consent.",
        ),
    },
    Group.CREDIT: {
        "insufficient_credit": ("The balance does not cover the message.", "Top up the balance, then send again."),
        "budget_exceeded": (
            "The budget set for these messages is used up.",
            "Raise the budget or wait for its next period.",
        ),
        "no_price": (
            "Your rate card has no price for this destination.",
            "Ask for a price for this destination before sending to it.",
        ),
    },
    Group.ROUTE: {
        "no_route": (
            "No line to this destination is open to your account.",
            "Ask support to open the destination.",
        ),
        "not_after_passed": (
            "The time after which the message must not be sent had passed before it could go out.",
            "Send it again with a later time if it is still wanted.",
        ),
        "time_too_far": (
            "The message was to be sent, or to be useful still, more than a year from now.",
            "Choose times within the next 12 months.",
        ),
        "route_unavailable": (
            "The line to the operator was down, and we tried until the message's time had run out.",
            "Send it again later.",
        ),
        "withdrawn": (
            "Our staff took the message out of the queue before it was sent.",
            "Ask support for the reason; send it again if it is still wanted.",
        ),
        "route_protocol": (
            "Our connection to the operator is set up wrongly; our staff has been alerted.",
            "Nothing to do on your side; send it again when the line is reported healthy.",
        ),
        "route_credentials": (
            "The operator refused our login; our staff has been alerted.",
            "Nothing to do on your side; send it again when the line is reported healthy.",
        ),
    },
    Group.OPERATOR: {
        "operator_rejected": (
            "The operator refused the message.",
            "Read the operator's own words beside it; ask support if every message is refused.",
        ),
        "operator_congested": (
            "The operator was too busy, and we tried until the message's time had run out.",
            "Send it again later.",
        ),
        "operator_error": (
            "The operator had a fault, and we tried until the message's time had run out.",
            "Send it again later.",
        ),
        "message_not_found": (
            "The operator no longer holds the message.",
            "Nothing to do: it was delivered or given up before.",
        ),
        "cancel_too_late": (
            "The message had left the operator before it could be cancelled.",
            "Nothing to do: it cannot be called back.",
        ),
    },
    Group.HANDSET: {
        "undeliverable": (
            "The phone was off, full or out of reach.",
            "Try later, or reach the person another way.",
        ),
        "validity_expired": (
            "The phone was not reached before the message's time had run out.",
            "Try later, or allow more time.",
        ),
    },
    Group.UNKNOWN: {
        "outcome_unknown": (
            "The message was sent, but the operator never said what became of it.",
            "Do not repeat a promotion, it may have arrived; a passcode may be sent again.",
        ),
    },
}

CATALOGUE: Final[Mapping[str, Explanation]] = MappingProxyType(
    {
        code: Explanation(code, sentence, remedy, group)
        for group, entries in _ENTRIES.items()
        for code, (sentence, remedy) in entries.items()
    }
)


def explain(code: str) -> Explanation:
    """What the code means; a code without an entry gets a general one that keeps it, never an error."""
    return CATALOGUE.get(code) or Explanation(
        code,
        "The message was not delivered for a reason that has no description yet.",
        "Contact support and quote the code.",
        Group.UNKNOWN,
    )
