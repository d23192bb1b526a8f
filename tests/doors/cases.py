"""One message for every legal rule that is refused, and one that is allowed.

All in one company at the same time: what each case needs is prepared right before it knocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from compliance import services
from compliance.consent.dnd import FILE, Preference
from compliance.models import Entity, Sender, Template
from compliance.services.portal import Told
from compliance.statuses import Category, LinkKind, PortalState, SenderKind
from compliance.tests.builders import NOW, REVIEWER, WRITER, make_entity, make_sender, make_template
from kernel.telecom.e164 import E164

BODY: Final = "Dear {#var#}, your order {#var#} is on its way. -ACME"
OFFER: Final = "Dear {#var#}, this week {#var#} is half price. STOP to 56161. -ACME"
VALUES: Final = ("Asha", "4711")


@dataclass(frozen=True, slots=True)
class Case:
    """A message that somebody tries to send.

    Args:
        code: of the refusal; empty for the one that goes out.
        prepare: makes the template, in the company's context.
        text: instead of the template's own, for doors that take texts.
    """

    name: str
    code: str
    recipient: str
    prepare: Callable[[], Template]
    values: tuple[str, str] = VALUES
    text: str = ""

    def ready_text(self, template: Template) -> str:
        text = template.body
        for value in self.values:
            text = text.replace("{#var#}", value, 1)
        return self.text or text


_numbers: Final = count(1)


def _header() -> str:
    """A new one for each case."""
    return f"HD{next(_numbers):04d}"


def _template(body: str = BODY, *, sender: Sender | None = None, **about: object) -> Template:
    sender = sender or make_sender(_header())
    return make_template(body, sender=sender, name=f"For {sender.header}", **about)  # type: ignore[arg-type]  # its own


def _offer() -> Template:
    return _template(OFFER, category=Category.PROMOTIONAL)


def header_in_review() -> Template:
    return _template(sender=make_sender(_header(), is_approved=False))


def header_not_registered() -> Template:
    return _template(sender=make_sender(_header(), portal_state=None))


def header_suspended() -> Template:
    return _template(sender=make_sender(_header(), portal_state=PortalState.SUSPENDED))


def header_of_digits() -> Template:
    return _template(sender=make_sender("561616", kind=SenderKind.NUMERIC))


def entity_suspended() -> Template:
    entity = make_entity()
    template = _template(sender=make_sender(_header(), entity=entity))
    services.change_entity(
        entity_id=entity.pk,
        legal_name=entity.legal_name,
        dlt_entity_id=entity.dlt_entity_id,
        portal_state=PortalState.SUSPENDED,
        actor=REVIEWER,
        now=NOW,
    )
    return template


def template_in_review() -> Template:
    template = _template(is_approved=False)
    return services.submit(item=template, actor=WRITER, now=NOW)


def template_not_registered() -> Template:
    return _template(portal_state=None)


def template_suspended() -> Template:
    template = _template()
    registered = template.registrations.get()
    services.register_template(
        template_id=template.pk,
        dlt_template_id=registered.dlt_template_id,
        portal_state=PortalState.SUSPENDED,
        actor=REVIEWER,
        now=NOW,
    )
    return template


def link_blacklisted() -> Template:
    template = _template()
    entity = Entity.objects.get(pk=template.sender.entity_id)
    services.record_link(
        entity_id=entity.pk,
        kind=LinkKind.STATIC,
        value="https://shop.example/win",
        told=Told(PortalState.BLACKLISTED),
        actor=REVIEWER,
        now=NOW,
    )
    return template


def opted_out() -> Template:
    services.opt_out(recipient=E164(SAID_STOP), actor=REVIEWER, now=NOW)
    return _template()


def preference_blocks() -> Template:
    everything = [Preference(ON_REGISTER, 1)]
    services.apply_preferences(
        source=FILE, name="register", preferences=everything, region="IN", actor=REVIEWER, now=NOW
    )
    return _offer()


def consent_needed() -> Template:
    """From here on everybody's; the last of the promotions."""
    services.need_consent(is_needed=True, actor=REVIEWER, now=NOW)
    return _offer()


SAID_STOP: Final = "+919876500101"
ON_REGISTER: Final = "+919876500102"
ASHA: Final = "+919876500103"
ALLOWED: Final = Case("allowed", "", "+919876500199", _template)
REFUSED: Final = (
    Case("header in review", "sender_not_approved", ASHA, header_in_review),
    Case("header not registered", "sender_not_approved", ASHA, header_not_registered),
    Case("header suspended", "sender_not_approved", ASHA, header_suspended),
    Case("service text from a header of digits", "template_header_not_linked", ASHA, header_of_digits),
    Case("entity suspended", "sender_not_approved", ASHA, entity_suspended),
    Case("template in review", "template_not_approved", ASHA, template_in_review),
    Case("template not registered", "template_not_approved", ASHA, template_not_registered),
    Case("template suspended", "template_not_approved", ASHA, template_suspended),
    Case("value too long", "variable_too_long", ASHA, _template, ("Asha", "4" * 41)),
    Case("line break in a value", "variable_invalid", ASHA, _template, ("Asha", "47\n11")),
    Case("link of a public shortener", "url_shortener_public", ASHA, _template, ("Asha", "https://bit.ly/x1")),
    Case("link not whitelisted", "cta_not_whitelisted", ASHA, _template, ("Asha", "https://shop.example/a")),
    Case("link blacklisted", "cta_blacklisted", ASHA, link_blacklisted, ("Asha", "https://shop.example/win")),
    Case("number not whitelisted", "cta_not_whitelisted", ASHA, _template, ("Asha", "call 1800209123")),
    Case("no mobile number", "number_not_mobile", "+912225670000", _template),
    Case("opted out", "opted_out", SAID_STOP, opted_out),
    Case("preference blocks", "preference_blocked", ON_REGISTER, preference_blocks),
    Case("consent missing", "consent_missing", ASHA, consent_needed),
)
# A text departs from its template only where texts are taken.
MISMATCH: Final = Case(
    "text departs from the template",
    "template_not_matched",
    ASHA,
    _template,
    text="Dear Asha, your order 4711 is on the way. -ACME",
)
