"""What is sent, and the ways in which a stand-in is bound: one sender, route and account for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

PASSWORD: Final = "secret"
_FAMILY: Final = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

# The texts are their own templates. Parts end in the middle of what takes two places: an escaped character, a pair of
# surrogates.
TEXTS: Final[Mapping[str, str]] = {
    "plain": "Your order is on its way and will be with you today. -ACME",
    "whole alphabet": "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà -ACME",
    "extension": "Escaped: ^ [ ~ ] | \\ € and {curly} -ACME",
    "Hindi": "आपका पार्सल आज शाम तक पहुँच जाएगा। धन्यवाद -ACME",
    "emoji": f"Delivered \U0001f389 to the {_FAMILY} family \U0001f3e0 -ACME",
    "three parts": "€" * 80 + " Your parcel was handed over. " * 7 + "[-ACME]",
    "three parts of UCS-2": "पार्सल " * 9 + "आज \U0001f389\U0001f389" + "शाम तक पहुँच जाएगा। " * 5 + "-ACME",
}


@dataclass(frozen=True, slots=True)
class Account:
    """`answer`, `receipt`, `form`: see tests/interop/standin.py. `way`: how the parts of a long text must be marked."""

    title: str
    way: str
    answer: str = "decimal"
    receipt: str = "decimal"
    form: str = "text"
    settings: Mapping[str, Any] = field(default_factory=dict)
    is_known: bool = True

    def rules(self) -> dict[str, str]:
        password = PASSWORD if self.is_known else "another"
        return {"password": password, "answer": self.answer, "receipt": self.receipt, "form": self.form}


# By sender, which is the system_id too.
ACCOUNTS: Final[Mapping[str, Account]] = {
    "UDHATE": Account("8 bit header, decimal ids", "udh8"),
    "UDHSIX": Account(
        "16 bit header, hex id answered, decimal in the receipt",
        "udh16",
        answer="hex",
        settings={"joining": "udh16"},
    ),
    "SARTLV": Account(
        "SAR, decimal id answered, hex in the receipt", "sar", receipt="hex", settings={"joining": "sar"}
    ),
    "PAYLOD": Account(
        "message_payload, hex id answered, padded capitals in a receipt of TLVs",
        "payload",
        answer="hex",
        receipt="upper",
        form="tlv",
        settings={"joining": "payload"},
    ),
    "PAIRED": Account(
        "transmitter and receiver, zeros before the id in the receipt",
        "udh8",
        receipt="padded",
        settings={"bind_as": "pair"},
    ),
    "OLDONE": Account("SMPP 3.3, decimal ids", "udh8", settings={"interface_version": 0x33}),
    "SECURE": Account("TLS with an authority", "udh8"),
    "DENIED": Account("wrong password", "udh8", is_known=False),
}
