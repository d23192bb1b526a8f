"""Shapes of what people enter about portals' exports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from compliance.importing.fields import FIELDS, LEAVE
from compliance.models import Entity, PortalImport, PortalImportRow


class ExportUploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xls,text/csv"}),
    )
    kind = forms.ChoiceField(label="The file lists", choices=PortalImport.Kind.choices)
    entity = forms.TypedChoiceField(
        label="Rows without an entity belong to",
        required=False,
        coerce=UUID,
        empty_value=None,
        help_text="For files that do not name the entity in every row.",
    )
    review = forms.ChoiceField(
        label="Templates that are new here become",
        choices=PortalImport.ReviewChoice.choices,
        initial=PortalImport.ReviewChoice.SUBMIT,
        help_text="What a portal approved is not approved here by itself: somebody who may approve templates can say "
        "so for a whole file; otherwise they wait in the review queue. Headers arrive as drafts.",
    )

    def __init__(self, *args: Any, may_approve: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entities = Entity.objects.exclude(dlt_entity_id="").order_by("legal_name")
        field: Any = self.fields["entity"]
        choices = [(str(each.pk), str(each)) for each in entities]
        nobody = "The only one there is" if len(choices) < 2 else "Nobody: such rows are refused"
        field.choices = [("", nobody), *choices]
        if not may_approve:
            review: Any = self.fields["review"]
            review.choices = [each for each in review.choices if each[0] != PortalImport.ReviewChoice.APPROVE]


class ColumnsForm(forms.Form):
    """One choice per column of the file: `column-0`, `column-1` and so on."""

    def __init__(self, *args: Any, job: PortalImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        meanings = [(LEAVE, "Leave out"), *((field.name, field.column) for field in FIELDS[job.kind])]
        self.columns = [f"column-{number}" for number in range(len(job.columns))]
        for name, column, meaning in zip(self.columns, job.columns, job.mapping, strict=True):
            self.fields[name] = forms.ChoiceField(choices=meanings, required=False, label=column, initial=meaning)

    @property
    def mapping(self) -> list[str]:
        return [str(self.cleaned_data[name]) for name in self.columns]


class SheetForm(forms.Form):
    sheet = forms.ChoiceField(label="Sheet of the workbook")

    def __init__(self, *args: Any, job: PortalImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["sheet"]
        field.choices = [(name, name) for name in job.sheets]
        field.initial = job.sheet


class VerdictFilter(forms.Form):
    verdict = forms.ChoiceField(label="Rows", required=False, choices=[("", "All"), *PortalImportRow.Verdict.choices])

    @property
    def chosen(self) -> str:
        return str(self.cleaned_data["verdict"]) if self.is_valid() else ""
