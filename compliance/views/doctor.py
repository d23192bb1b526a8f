"""The template doctor: a text that was refused goes in, a template that would take it comes out."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import HttpResponse

from compliance.advice import panel
from compliance.models import Sender
from compliance.services.doctor import consult
from compliance.statuses import Category
from kernel.web.htmx import render_page
from tenants.access import TenantRequest, tenant_page
from tenants.roles import Permission

MOST_SAMPLES: Final = 20


class DoctorForm(forms.Form):
    sender = forms.ModelChoiceField(
        queryset=Sender.objects.none(), label="Sender", help_text="Its approved templates are compared.", required=False
    )
    text = forms.CharField(
        label="The refused text",
        max_length=4000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Exactly as it was sent.",
    )
    samples = forms.CharField(
        label="More texts of the same kind",
        max_length=40_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=f"One per line, at most {MOST_SAMPLES}. Where they differ from the text stands a variable.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["sender"]
        field.queryset = Sender.objects.usable()

    def clean_samples(self) -> list[str]:
        samples = [line.strip() for line in self.cleaned_data["samples"].splitlines() if line.strip()]
        if len(samples) > MOST_SAMPLES:
            raise forms.ValidationError(f"{len(samples)} texts are too many; give at most {MOST_SAMPLES}.")
        return samples


@tenant_page(Permission.MANAGE_COMPLIANCE)
def template_doctor(request: TenantRequest) -> HttpResponse:
    """Nothing is kept until the proposal is saved as a draft by its own form."""
    form = DoctorForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        sender = said["sender"]
        nearest, found = consult(text=said["text"], header=sender.header if sender else "", samples=said["samples"])
        category = nearest.category if nearest else Category.SERVICE
        context |= {
            "found": found,
            "nearest": nearest,
            "sender": sender,
            "category": category,
            **panel.of_body(found.proposed, category=category, field_id=""),
        }
    return render_page(
        request, "compliance/template_doctor.html", context, partial="answer", status=422 if form.errors else 200
    )
