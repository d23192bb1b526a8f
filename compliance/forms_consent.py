"""Forms of the consent page."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.files.uploadedfile import UploadedFile

from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, parse_number

LARGEST: Final = 20 << 20


class NumberForm(forms.Form):
    number = forms.CharField(label="Number", max_length=40, help_text="With its country code, or an Indian one.")

    def __init__(self, *args: Any, region: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.region = region

    def clean_number(self) -> E164:
        try:
            return parse_number(self.cleaned_data["number"], region=self.region)
        except NumberRefused as refusal:
            raise forms.ValidationError(f"{refusal.detail} {refusal.remedy}") from refusal


class NumbersFileForm(forms.Form):
    file = forms.FileField(
        label="File", help_text="CSV or XLSX with a column “number”; up to 20 MB.", widget=forms.FileInput
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError("The file is above 20 MB. Split it and upload the parts.")
        return file
