"""What the compliance desk of the demo holds: telemarketers, links, texts that wait, people who said yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from compliance.consent.statuses import ConsentAction, ConsentSource
from compliance.statuses import LinkKind, OptOutSource, PortalState, TelemarketerRole
from kernel.telecom.e164 import E164

# The telemarketers in which the chains of the two routes end; see build.ROUTES.
MUMBAI_DELIVERY: Final = "1102563820000071101"
DELHI_DELIVERY: Final = "1102563820000071102"
AGGREGATOR: Final = "1102563820000071103"
NEWCOMER: Final = "1202563820000071104"


@dataclass(frozen=True, slots=True)
class Telemarketer:
    ident: str
    name: str
    role: TelemarketerRole
    state: PortalState = PortalState.ACTIVE


TELEMARKETERS: Final = (
    Telemarketer(AGGREGATOR, "Meghdoot Messaging", TelemarketerRole.AGGREGATOR),
    Telemarketer(MUMBAI_DELIVERY, "Simulator Mumbai", TelemarketerRole.DELIVERY),
    Telemarketer(DELHI_DELIVERY, "Simulator Delhi", TelemarketerRole.DELIVERY),
    Telemarketer(NEWCOMER, "Varsha Telelinks", TelemarketerRole.AGGREGATOR, PortalState.PENDING),
)


@dataclass(frozen=True, slots=True)
class Link:
    kind: LinkKind
    value: str
    state: PortalState = PortalState.ACTIVE
    reason: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True)
class ConsentWords:
    name: str
    scope: str
    ident: str
    state: PortalState = PortalState.ACTIVE


@dataclass(frozen=True, slots=True)
class Desk:
    """One company's register beside its entity, headers and templates; `chains` are ids in the order of the way."""

    chains: tuple[tuple[str, ...], ...]
    links: tuple[Link, ...]
    consents: tuple[ConsentWords, ...]
    new_chain: tuple[str, ...] = ()


DESKS: Final = {
    "aarohi": Desk(
        chains=((AGGREGATOR, MUMBAI_DELIVERY), (AGGREGATOR, DELHI_DELIVERY)),
        links=(
            Link(LinkKind.STATIC, "https://aarohi.example/sale"),
            Link(LinkKind.DYNAMIC, "https://aarohi.example/track?"),
            Link(LinkKind.SHORT, "https://ar.example/AAROHI/", header="AAROHI"),
            Link(LinkKind.TOLLFREE, "18002091234"),
            Link(LinkKind.WHATSAPP, "wa.me/919819910100"),
            Link(LinkKind.EMAIL, "care@aarohi.example"),
            Link(LinkKind.STATIC, "https://aarohi.example/app", PortalState.PENDING),
            Link(
                LinkKind.STATIC,
                "https://lucky-aarohi.example/win",
                PortalState.BLACKLISTED,
                "Reported by recipients as misleading",
            ),
        ),
        consents=(
            ConsentWords(
                "Offers by SMS",
                "I agree to receive offers of Aarohi Retail by SMS. I can stop them at any time by replying STOP.",
                "1104163820000081101",
            ),
            ConsentWords(
                "Birthday greetings",
                "I agree that Aarohi Retail sends me a greeting and a voucher on my birthday.",
                "1104163820000081102",
                PortalState.PENDING,
            ),
        ),
        new_chain=(MUMBAI_DELIVERY,),
    ),
    "banyan": Desk(
        chains=((MUMBAI_DELIVERY,), (DELHI_DELIVERY,)),
        links=(
            Link(LinkKind.TOLLFREE, "18001035678"),
            Link(LinkKind.DYNAMIC, "https://banyan.example/reports?"),
        ),
        consents=(
            ConsentWords(
                "Health camps",
                "I agree to be told about health camps of Banyan Clinics near me.",
                "1104163820000081201",
            ),
        ),
    ),
}

# --- what the first company's people are at ---------------------------------------------------------------------------

NUMERIC_HEADER: Final = "556161"
NUMERIC_HEADER_ID: Final = "1105163820000023457"
NEW_HEADER: Final = "ARHSHP"
# A temporary header: it ends within the week, and those who keep the register are told.
ENDS_IN: Final = timedelta(days=5)
OFFER: Final = "Weekend offer"
OFFER_BODY: Final = "{#var#} at our shops this {#var#}. See https://aarohi.example/sale - STOP to 56161. Aarohi Retail"
OFFER_ID: Final = "1107163820000034564"
IDLE: Final = "Shop opening"
IDLE_BODY: Final = "Dear {#var#}, our new shop in {#var#} opens on {#var#}. - Aarohi Retail"
IDLE_ID: Final = "1107163820000034565"
SENT_BACK: Final = "Feedback after delivery"
SENT_BACK_BODY: Final = "Hi {#var#}{#var#}, how was your order? Tell us at https://bit.ly/arhfb - Aarohi Retail"
REMARK: Final = (
    "The link is a public shortener, which operators refuse: use ar.example. One variable for the name will do."
)

COLUMNS: Final = ("Template ID", "Template Name", "Template Content", "Template Type", "Header", "Status")
# What the portal approved and nobody has reviewed here yet.
WAITING_FILE: Final = (
    (
        "1107163820000091101",
        "Refund done",
        "Dear {#var#}, Rs {#numeric#} for your order {#var#} is back on your account. - Aarohi Retail",
        "Service Implicit",
        "AAROHI",
        "Approved",
    ),
    (
        "1107163820000091102",
        "Return pick-up",
        "Dear {#var#}, we collect your return {#var#} on {#var#}. Questions? 18002091234 - Aarohi Retail",
        "Service Implicit",
        "AAROHI",
        "Approved",
    ),
    (
        "1107163820000091103",
        "Lucky draw",
        "CONGRATULATIONS {#var#}!!!! You are a WINNER, claim your FREE gift “today” at https://tinyurl.com/arh-win",
        "Service Implicit",
        "AAROHI",
        "Approved",
    ),
)
# Compared, and not applied yet: a new text under a known id, a new one, and two rows that nobody should believe.
COMPARED_FILE: Final = (
    (
        "1107163820000091101",
        "Refund done",
        "Dear {#var#}, Rs {#numeric#} for your order {#var#} reaches your account by {#var#}. - Aarohi Retail",
        "Service Implicit",
        "AAROHI",
        "Approved",
    ),
    (
        "1107163820000091104",
        "Warranty ends",
        "Dear {#var#}, the warranty of your {#var#} ends on {#var#}. Care plans: 18002091234 - Aarohi Retail",
        "Service Explicit",
        "AAROHI",
        "Approved",
    ),
    (
        "1.10716E+18",
        "Gift card",
        "Dear {#var#}, your gift card {#var#} is ready. - Aarohi Retail",
        "Service",
        "AAROHI",
        "",
    ),
    ("1107163820000091106", "Loyalty", "Dear {#var#}, you have {#numeric#} points. - Aarohi", "Service", "AАROHI", ""),
)


@dataclass(frozen=True, slots=True)
class Word:
    """What one person said about being written to."""

    recipient: E164
    action: ConsentAction
    source: ConsentSource
    days_ago: int
    evidence: str = ""
    ip: str | None = None
    valid_days: int | None = None


WORDING: Final = "I agree to receive offers of Aarohi Retail by SMS."
# Numbers that neither the list of the demo nor a benchmark uses.
REGULAR: Final = E164("+919819910001")
WORDS: Final = (
    Word(REGULAR, ConsentAction.GIVEN, ConsentSource.FORM, 60, "https://aarohi.example/join", "203.0.113.24"),
    Word(REGULAR, ConsentAction.CONFIRMED, ConsentSource.DOUBLE, 60, "code entered after 40 seconds", "203.0.113.24"),
    Word(E164("+919819910002"), ConsentAction.GIVEN, ConsentSource.DCA, 30, "DCA-2291-7781", valid_days=365),
    Word(E164("+919819910003"), ConsentAction.GIVEN, ConsentSource.PAPER, 20, "box 14, sheet 209"),
    Word(E164("+919819910003"), ConsentAction.WITHDRAWN, ConsentSource.CALL, 2, "call 88120"),
)
OPT_OUTS: Final = (
    (E164("+919819910004"), OptOutSource.REPLY, "STOP"),
    (E164("+919819910005"), OptOutSource.REPLY, "बंद करो"),
    (E164("+919819910006"), OptOutSource.LINK, "opt-out page"),
)
# Bit 0 blocks everything, bit 5 consumer goods, bit 8 food.
PREFERENCES: Final = (
    ("+919819910007", 1),
    ("+919819910008", 1 << 5),
    ("+919819910009", 1 << 8),
)
