"""Templates as portals' exports tell them.

A template is known by its id on the portal. Its name is ours and stays; names that portals give twice get the end of
the id. A text, type or header that differs from an approved version's makes a new version: approved texts never
change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from django.db.models import Max

from compliance.findings import counts, findings_of
from compliance.identifiers import INDIA
from compliance.importing.register import Values, Writing, portal_values, still_there, stop_or_lift, tell
from compliance.matching import CompiledTemplate
from compliance.models import DltRegistration, PortalImport, Review, Sender, Template
from compliance.statuses import PortalState, ReviewState, StateSource

Choice = PortalImport.ReviewChoice
_TEXT: Final = ("body", "category", "header")
# The portal's own words, which decide nothing: they change in place.
_LABELS: Final = ("category_raw", "business_category")
_REGISTRATION: Final = [
    "template",
    "header",
    "dlt_consent_id",
    "portal_state",
    "state_reason",
    "state_source",
    "valid_from",
    "valid_to",
    "synced_at",
    "changed_at",
]


class Templates:
    def stored(self) -> dict[str, dict[str, str]]:
        rows = DltRegistration.objects.filter(country=INDIA).select_related("template")
        return {each.dlt_template_id: _values(each) for each in rows.iterator(chunk_size=2000)}

    def write(self, rows: Sequence[Values], writing: Writing) -> None:
        ids = [values["template_id"] for values in rows]
        wanted = DltRegistration.objects.filter(country=INDIA, dlt_template_id__in=ids)
        standing = {each.dlt_template_id: each for each in wanted.select_related("template", "template__sender")}
        _Stretch(writing, standing, rows).write()


class _Stretch:
    def __init__(self, writing: Writing, standing: dict[str, DltRegistration], rows: Sequence[Values]) -> None:
        self._writing, self._standing, self._rows = writing, standing, rows
        senders = Sender.objects.exclude(state=ReviewState.REJECTED)
        self._senders = {sender.header: sender for sender in senders}
        names = {values["name"] for values in rows} | {each.template.name for each in standing.values()}
        versions = Template.objects.filter(name__in=names).values("name").annotate(last=Max("version"))
        self._versions: Counter[str] = Counter({row["name"]: row["last"] for row in versions})
        self._templates: list[Template] = []
        self._edited: list[Template] = []
        self._registrations: list[DltRegistration] = []
        self._moved: list[DltRegistration] = []
        self._reviews: list[Review] = []

    def write(self) -> None:
        changed_state = []
        for values in self._rows:
            registration = self._standing.get(values["template_id"])
            before = _values(registration) if registration else None
            if registration is None:
                registration = self._add(values)
            else:
                self._change(registration, values)
                if before and before["portal_state"] != registration.portal_state:
                    changed_state.append(registration)
            self._writing.note(
                "template",
                registration.template,
                str(registration.template),
                _told(before),
                _told(_values(registration)) or {},
            )
        Template.objects.bulk_create(self._templates, batch_size=1000)
        Template.objects.bulk_update(self._edited, ["body", "category", *_LABELS, "sender", "variables"])
        DltRegistration.objects.bulk_create(self._registrations, batch_size=1000)
        DltRegistration.objects.bulk_update(self._moved, _REGISTRATION, batch_size=500)
        Review.objects.bulk_create(self._reviews, batch_size=1000)
        for registration in changed_state:
            stop_or_lift(registration, self._writing)

    def _add(self, values: Values) -> DltRegistration:
        name = values["name"]
        if self._versions[name]:
            name = f"{name[:100]} {values['template_id']}"
        registration = DltRegistration(country=INDIA, dlt_template_id=values["template_id"])
        self._register(registration, values, self._new(name, values))
        self._registrations.append(registration)
        return registration

    def _change(self, registration: DltRegistration, values: Values) -> None:
        template, told = registration.template, _values(registration)
        if any(name in values and values[name] != told[name] for name in _TEXT):
            if template.is_editable:
                _fill(template, values, still_there(self._senders, values["header"]))
                self._edited.append(template)
            else:
                template = self._new(template.name, values, template)
        elif any(values.get(name, told[name]) != told[name] for name in _LABELS):
            _label(template, values)
            self._edited.append(template)
        self._register(registration, values, template)
        self._moved.append(registration)

    def _register(self, registration: DltRegistration, values: Values, template: Template) -> None:
        registration.template, registration.header = template, values["header"]
        if "consent_id" in values:
            registration.dlt_consent_id = values["consent_id"]
        registration.state_source = StateSource.IMPORT
        tell(registration, values, self._writing.now)
        registration.changed_at = self._writing.now

    def _new(self, name: str, values: Values, origin: Template | None = None) -> Template:
        now, actor = self._writing.now, self._writing.actor
        self._versions[name] += 1
        template = Template(name=name, version=self._versions[name], created_at=now, created_by_id=actor.id)
        if origin:
            template.is_otp, template.topic = origin.is_otp, origin.topic
            template.business_category = origin.business_category
        _fill(template, values, still_there(self._senders, values["header"]))
        self._review(template, values)
        self._templates.append(template)
        return template

    def _review(self, template: Template, values: Values) -> None:
        choice, now, actor = self._writing.job.review, self._writing.now, self._writing.actor
        if choice == Choice.DRAFT:
            return
        template.state, template.submitted_at, template.submitted_by_id = ReviewState.SUBMITTED, now, actor.id
        template.error_count, template.advice_count = counts(findings_of(template))
        self._step(template, ReviewState.DRAFT, ReviewState.SUBMITTED)
        if choice == Choice.APPROVE and values.get("portal_state") == PortalState.ACTIVE:
            template.state, template.decided_at = ReviewState.APPROVED, now
            self._step(template, ReviewState.SUBMITTED, ReviewState.APPROVED)

    def _step(self, template: Template, before: ReviewState, after: ReviewState) -> None:
        actor = self._writing.actor
        self._reviews.append(
            Review(
                object_type=Review.Of.TEMPLATE,
                object_id=template.pk,
                from_state=before,
                to_state=after,
                actor_id=actor.id,
                actor_label=actor.label[:200],
                note=f"Imported from the portal's export “{self._writing.job.filename}”",
                at=self._writing.now,
            )
        )


def _fill(template: Template, values: Values, sender: Sender) -> None:
    if template.body != values["body"]:
        compiled = CompiledTemplate.compile(values["body"])
        template.body, template.variables = values["body"], [each.as_json() for each in compiled.variables]
    template.sender, template.category = sender, values["category"]
    _label(template, values)


def _label(template: Template, values: Values) -> None:
    for name in _LABELS:
        setattr(template, name, values.get(name, getattr(template, name)))


def _values(registration: DltRegistration) -> dict[str, str]:
    template = registration.template
    return {
        "template_id": registration.dlt_template_id,
        "name": template.name,
        "body": template.body,
        "category": str(template.category),
        "category_raw": str(template.category_raw),
        "business_category": template.business_category,
        "header": registration.header,
        "consent_id": registration.dlt_consent_id,
        **portal_values(registration),
    }


def _told(values: dict[str, str] | None) -> dict[str, str] | None:
    """For the trail, which holds no texts."""
    return None if values is None else {name: value for name, value in values.items() if name != "body"}
