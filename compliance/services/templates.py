from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from audit.services import Actor, record
from compliance.errors import InvalidTemplate, NameTaken, NotFound, WrongState
from compliance.identifiers import INDIA, IdKind, bare_header, parse_dlt_id
from compliance.lint import lint
from compliance.matching import CompiledTemplate, normalise_ends
from compliance.models import DltRegistration, Sender, Template
from compliance.rules.versions import touch
from compliance.services.consequences import follow_portal
from compliance.services.portal import Told, only_state, portal_facts, take_down
from compliance.statuses import Category, PortalCategory, PortalState
from compliance.tags import Variable


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """What a writer decides about a version.

    Args:
        topic: what people may opt out of apart from the rest; empty for none.
        category_raw: the portal's own word for its type, where it is known.
        variables: names, and types beside untyped tags, in the order of the tags; None takes them from the tags.
    """

    body: str
    sender_id: UUID
    category: Category = Category.SERVICE
    is_otp: bool = False
    variables: Sequence[Variable] | None = None
    topic: str = ""
    category_raw: PortalCategory = PortalCategory.UNKNOWN


def create_template(*, name: str, draft: TemplateDraft, actor: Actor, now: datetime) -> Template:
    """Draft the first version of a template.

    Raises:
        InvalidTemplate: no portal would take the body; `context["hints"]` has every reason.
        NameTaken: there is a template of this name; edit that one to get a new version.
        NotFound: no such sender.
    """
    with transaction.atomic():
        template = Template(name=name.strip(), version=1, created_at=now, created_by_id=actor.id)
        _fill(template, draft)
        try:
            with transaction.atomic():
                template.save()
        except IntegrityError as error:
            if "compliance_template_version_unique" not in str(error):
                raise
            raise NameTaken(
                "template_exists",
                f"There is a template “{template.name}” already.",
                "Choose another name, or edit the existing one to make a new version.",
                field="name",
            ) from error
        _record(template, "template.create", f"Drafted the template {template}", actor, now)
        touch()
    return template


def change_template(*, template_id: UUID, draft: TemplateDraft, actor: Actor, now: datetime) -> Template:
    """Change a draft, or a version for which changes were asked. Raises InvalidTemplate, NotFound, WrongState."""
    with transaction.atomic():
        template = Template.objects.select_for_update().filter(pk=template_id).first()
        if template is None:
            raise NotFound("template")
        if not template.is_editable:
            raise WrongState(
                "wrong_state",
                "A version in review or decided upon never changes.",
                "Make a new version; the present one stays in use until the new one is approved.",
            )
        before = _audited(template)
        _fill(template, draft)
        template.save()
        _record(template, "template.change", f"Changed the template {template}", actor, now, before)
        touch()
    return template


def create_version(*, template_id: UUID, draft: TemplateDraft, actor: Actor, now: datetime) -> Template:
    """Draft the next version of a template; earlier ones stay as they are. Raises InvalidTemplate, NotFound."""
    with transaction.atomic():
        # The lock on the first version makes two editors' numbers follow one another.
        origin = Template.objects.filter(pk=template_id).first()
        if origin is None:
            raise NotFound("template")
        Template.objects.select_for_update().get(name=origin.name, version=1)
        last = Template.objects.filter(name=origin.name).aggregate(last=Max("version"))["last"]
        template = Template(name=origin.name, version=last + 1, created_at=now, created_by_id=actor.id)
        template.business_category = origin.business_category
        _fill(template, draft)
        template.save()
        _record(template, "template.version", f"Drafted {template} from {origin}", actor, now, _audited(origin))
        touch()
    return template


def register_template(
    *,
    template_id: UUID,
    dlt_template_id: str,
    actor: Actor,
    now: datetime,
    country: str = INDIA,
    header: str | None = None,
    portal_state: PortalState = PortalState.ACTIVE,
    told: Told | None = None,
    dlt_consent_id: str | None = None,
) -> DltRegistration:
    """Record a template's id on a country's register, or what became of it; at any time.

    Args:
        header: the one the portal links it to; the sender's own when left out.
        told: the portal's whole word; `portal_state` alone, all else standing as it was, when left out.
        dlt_consent_id: of the consent template it rests on; as it was when left out.

    Raises:
        InvalidValidity: it would end before it begins.
        InvalidDltId: the id cannot be one.
        NameTaken: another template has this id.
        NotFound: no such template.
    """
    value = parse_dlt_id(dlt_template_id, IdKind.TEMPLATE).value
    with transaction.atomic():
        template = Template.objects.select_for_update().filter(pk=template_id).first()
        if template is None:
            raise NotFound("template")
        registration = DltRegistration.objects.filter(template=template, country=country).first()
        before = _registration(registration) if registration else None
        registration = registration or DltRegistration(template=template, country=country)
        registration.dlt_template_id, registration.changed_at = value, now
        registration.header = bare_header(header) if header else template.sender.header
        if dlt_consent_id is not None:
            registration.dlt_consent_id = _consent_id(dlt_consent_id)
        take_down(registration, told or only_state(registration, portal_state), now)
        _save_registration(registration)
        _record_registration(template, registration, before, actor, now)
        follow_portal(registration, before=before, actor=actor, now=now)
        touch()
    return registration


def _fill(template: Template, draft: TemplateDraft) -> None:
    faults = [hint.sentence for hint in lint(draft.body, draft.category) if hint.is_error]
    if faults:
        raise InvalidTemplate(
            "template_invalid", faults[0], "Correct the text; the hints beside it name every place.", hints=faults
        )
    sender = Sender.objects.filter(pk=draft.sender_id).first()
    if sender is None:
        raise NotFound("sender")
    body = normalise_ends(draft.body)
    template.sender, template.body = sender, body
    template.category, template.is_otp = draft.category, draft.is_otp
    template.topic, template.category_raw = draft.topic.strip(), draft.category_raw
    compiled = CompiledTemplate.compile(body, draft.variables)
    template.variables = [variable.as_json() for variable in compiled.variables]


def _consent_id(text: str) -> str:
    return parse_dlt_id(text, IdKind.CONSENT).value if text.strip() else ""


def _save_registration(registration: DltRegistration) -> None:
    try:
        with transaction.atomic():
            registration.save()
    except IntegrityError as error:
        if "compliance_dlt_template_id_unique" not in str(error):
            raise
        raise NameTaken(
            "registration_exists",
            f"Another template has the id {registration.dlt_template_id}.",
            "Compare the id with the portal: every version has one of its own.",
            field="dlt_template_id",
        ) from error


def _record(
    template: Template, action: str, summary: str, actor: Actor, now: datetime, before: dict[str, object] | None = None
) -> None:
    record(
        action=action,
        actor=actor,
        object_type="template",
        object_id=template.id,
        summary=summary,
        before=before,
        after=_audited(template),
        now=now,
    )


def _record_registration(
    template: Template, registration: DltRegistration, before: dict[str, object] | None, actor: Actor, now: datetime
) -> None:
    record(
        action="template.register",
        actor=actor,
        object_type="template",
        object_id=template.id,
        summary=f"Recorded the registration of {template} in {registration.country}: {registration.portal_state}",
        before=before,
        after=_registration(registration),
        now=now,
    )


def _audited(template: Template) -> dict[str, object]:
    return {
        "version": template.version,
        "body": template.body,
        "sender": template.sender.header,
        "category": str(template.category),
        "is_otp": template.is_otp,
        "topic": template.topic,
        "category_raw": str(template.category_raw),
    }


def _registration(registration: DltRegistration) -> dict[str, object]:
    return {
        "country": registration.country,
        "dlt_template_id": registration.dlt_template_id,
        "header": registration.header,
        "dlt_consent_id": registration.dlt_consent_id,
        **portal_facts(registration),
    }
