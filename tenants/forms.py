"""The shape of what people type; the services know the rules."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tenants.models import Tenant, User
from tenants.roles import PURPOSE, Role
from tenants.services import OrganisationSettings
from tenants.services.organisations import HEAVIEST

RETENTION_DAYS: Final = (1, 7, 30, 90, 400)
RETENTION_CHOICES: Final = [(days, "1 day" if days == 1 else f"{days} days") for days in RETENTION_DAYS]
# Short, for a list on a phone; the rules in full: docs/rules.md#review.
REVIEW_CHOICES: Final = [
    (Tenant.ReviewRule.ONE.value, "One person; owners also their own"),
    (Tenant.ReviewRule.FOUR_EYES.value, "One person, never their own"),
    (Tenant.ReviewRule.TWO_APPROVERS.value, "Two people, never their own"),
]
ROLE_CHOICES: Final = [(role.value, f"{role.label}: {PURPOSE[role]}") for role in Role]


def zone_choices() -> list[tuple[str, str]]:
    """Zones of places; the rest are abbreviations and history."""
    names = sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/")))
    return [(name, name.replace("_", " ")) for name in ["UTC", *names]]


class WeightForm(forms.Form):
    weight = forms.IntegerField(
        min_value=1,
        max_value=HEAVIEST,
        label="Weight",
        help_text="1 is everybody's. With 3, it has three turns where another has one, while both wait for a route.",
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label="E-mail address", max_length=254)
    role = forms.ChoiceField(choices=ROLE_CHOICES, initial=Role.VIEWER.value)

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class JoinForm(forms.Form):
    full_name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label="Choose a password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 8 characters, and nothing that is easily guessed.",
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> None:
        password = self.cleaned_data.get("password")
        if password:
            try:
                validate_password(password, User(email=self.email, full_name=self.cleaned_data.get("full_name", "")))
            except ValidationError as problem:
                self.add_error("password", problem)


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name of the token", max_length=100, help_text="Where it will be used, for example “Billing system”."
    )


class ProfileForm(forms.Form):
    full_name = forms.CharField(
        label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class OrganisationForm(forms.Form):
    name = forms.CharField(label="Name of the organisation", max_length=150)
    timezone = forms.ChoiceField(
        label="Time zone", choices=zone_choices, help_text="Schedules and reports are in this zone."
    )
    smart_encoding = forms.BooleanField(
        label="Replace typographic characters by plain ones",
        required=False,
        help_text="“Curly” quotes and long dashes force the shorter Unicode segments; their plain twins do not.",
    )
    text_retention_days_transactional = forms.TypedChoiceField(
        label="Keep texts of alerts and services for", choices=RETENTION_CHOICES, coerce=int
    )
    text_retention_days_promotional = forms.TypedChoiceField(
        label="Keep texts of promotions for",
        choices=RETENTION_CHOICES,
        coerce=int,
        help_text="Passcodes are always kept for one day only. What was charged stays in the books.",
    )
    review_rule = forms.ChoiceField(
        label="Senders and templates are approved by",
        choices=REVIEW_CHOICES,
        help_text="Their own is what they submitted; under the stricter two rules also what they wrote or changed. "
        "Holds for what waits for review now, too.",
    )

    @classmethod
    def of(cls, tenant: Tenant) -> OrganisationForm:
        return cls(initial={name: getattr(tenant, name) for name in cls.base_fields})

    @property
    def settings(self) -> OrganisationSettings:
        return OrganisationSettings(**self.cleaned_data)


class TenantForm(forms.Form):
    """A new customer, in the console."""

    name = forms.CharField(label="Name of the organisation", max_length=150)
    slug = forms.SlugField(
        label="Short name", max_length=50, help_text="Lower-case letters, digits and hyphens; never changes."
    )
    owner_email = forms.EmailField(
        label="E-mail address of the first owner", help_text="An invitation goes there.", max_length=254
    )
    timezone = forms.ChoiceField(label="Time zone", choices=zone_choices, initial="Asia/Kolkata")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        return slug.lower()
