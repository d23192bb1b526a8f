"""Who and what the demo shows. Numbers are valid Indian mobiles that only the simulator is ever asked to reach."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from compliance.statuses import Category
from tenants.roles import Role

PASSWORD: Final = "postman-demo-26"  # noqa: S105 - printed on every start of a development installation
MICROS: Final = 1_000_000
PLATFORM_LOGIN: Final = "operator@dakiya.example"
PEOPLE: Final = {
    Role.OWNER: "Asha Mehta",
    Role.MARKETER: "Priya Nair",
    Role.COMPLIANCE: "Omar Siddiqui",
    Role.FINANCE: "Farah Khan",
    Role.DEVELOPER: "Dev Sharma",
    Role.VIEWER: "Vikram Rao",
}


@dataclass(frozen=True, slots=True)
class DemoTemplate:
    name: str
    body: str
    dlt_id: str
    names: tuple[str, ...]
    category: Category = Category.SERVICE
    is_otp: bool = False


@dataclass(frozen=True, slots=True)
class DemoTenant:
    """One company; its first template is the one that `sample_text` matches."""

    name: str
    slug: str
    header: str
    entity_id: str
    header_id: str
    roles: tuple[Role, ...]
    templates: tuple[DemoTemplate, ...]
    sample_text: str
    recipient: str
    drafts: tuple[DemoTemplate, ...] = field(default=())

    def email(self, role: Role) -> str:
        return f"{role.value}@{self.slug}.example"


TENANTS: Final = (
    DemoTenant(
        name="Aarohi Retail",
        slug="aarohi",
        header="AAROHI",
        entity_id="1101563820000012345",
        header_id="1105163820000023456",
        roles=tuple(Role),
        templates=(
            DemoTemplate(
                "Order dispatched",
                "Dear {#var#}, your order {#var#} is out for delivery and reaches you by {#var#}. - Aarohi Retail",
                "1107163820000034561",
                ("name", "order", "time"),
            ),
            DemoTemplate(
                "Sign-in code",
                "{#numeric#} is your code to sign in. It is valid for 10 minutes, do not share it. - Aarohi Retail",
                "1107163820000034562",
                ("code",),
                is_otp=True,
            ),
            DemoTemplate(
                "Festival early access",
                "{#var#}, your early access to the festival sale begins {#var#}. "
                "Reply STOP to 56161 to opt out. - Aarohi Retail",
                "1107163820000034563",
                ("name", "day"),
                Category.PROMOTIONAL,
            ),
        ),
        sample_text="Dear Riya, your order A-1042 is out for delivery and reaches you by 6 pm. - Aarohi Retail",
        recipient="+919820012301",
        drafts=(
            DemoTemplate(
                "Pick-up reminder",
                "Dear {#var#}, your order {#var#} waits for you at our shop until {#var#}. - Aarohi Retail",
                "",
                ("name", "order", "day"),
            ),
        ),
    ),
    DemoTenant(
        name="Banyan Clinics",
        slug="banyan",
        header="BANYAN",
        entity_id="1101563820000054321",
        header_id="1105163820000065432",
        roles=(Role.OWNER, Role.DEVELOPER),
        templates=(
            DemoTemplate(
                "Appointment",
                "Dear {#var#}, your visit to {#var#} is booked for {#var#}. - Banyan Clinics",
                "1107163820000076543",
                ("name", "doctor", "time"),
            ),
            DemoTemplate(
                "Report ready, in Hindi",
                "प्रिय {#var#}, आपकी जाँच रिपोर्ट तैयार है। कृपया {#var#} तक क्लिनिक से लें। - Banyan Clinics",
                "1107163820000076544",
                ("name", "day"),
            ),
        ),
        sample_text="Dear Kabir, your visit to Dr Rao is booked for 11 am. - Banyan Clinics",
        recipient="+919820012302",
    ),
)

# Prefix, name on the card, promotional, transactional and passcode price in micros of a rupee, DLT scrub fee.
RATES: Final = (
    ("91", "India", (125_000, 145_000, 160_000), 25_000),
    ("1", "United States and Canada", (790_000, 790_000, 850_000), 0),
    ("44", "United Kingdom", (3_200_000, 3_200_000, 3_400_000), 0),
)
FIRST_NAMES: Final = (
    "Aarav", "Diya", "Ishaan", "Kavya", "Rohan", "Meera", "Arjun", "Ananya", "Vikram", "Sana", "Farhan", "Lakshmi",
    "Nikhil", "Priya", "Tara", "Yusuf", "Zoya", "Dev", "Gauri", "Harish",
)  # fmt: skip
