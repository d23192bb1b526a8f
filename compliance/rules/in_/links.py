from __future__ import annotations

from typing import ClassVar, Final

from compliance.cta import SHORTENERS, Call, CallKind, Standing, Whitelist
from compliance.rules.contract import Pair, Refusal
from compliance.rules.rule import About, Basis, Level, LinkRule, LooksAt

_WHY: Final = {
    Standing.UNKNOWN: "is not whitelisted by your entity",
    Standing.INACTIVE: "is on your whitelist, but not active there",
    Standing.ELSEWHERE: "is whitelisted for another header",
}


class NoPublicShortener(LinkRule):
    about: ClassVar = About(
        "url_shortener_public",
        "url_shortener_public",
        "The text has a link of a public shortener, which operators refuse.",
        "Use a short link of your own domain that carries your header, and whitelist it.",
        LooksAt.LINKS,
    )

    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        if call.kind is not CallKind.URL or call.host.removeprefix("www.") not in SHORTENERS:
            return None
        if f"/{pair.header}" in call.key and whitelist.standing(call, pair.header) is Standing.LISTED:
            return None
        return self.about.refusal(f"“{call.text}” is a link of a public shortener, which operators refuse.")


class CallBlacklisted(LinkRule):
    about: ClassVar = About(
        "cta_blacklisted",
        "cta_blacklisted",
        "The text has a link or number that is blacklisted on the DLT portal.",
        "Remove it from the text; ask the operator why it was blacklisted.",
        LooksAt.LINKS,
    )

    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        if whitelist.standing(call, pair.header) is not Standing.BLACKLISTED:
            return None
        return self.about.refusal(f"“{call.text}” is blacklisted on the DLT portal.")


class CallWhitelisted(LinkRule):
    about: ClassVar = About(
        "cta_not_whitelisted",
        "cta_not_whitelisted",
        "The text has a link or call-back number that the entity has not whitelisted.",
        "Register this link or number on the DLT portal and record it here.",
        LooksAt.LINKS,
    )

    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        if call.kind in (CallKind.EMAIL, CallKind.DIGITS):
            return None
        if call.trouble:
            detail = f"“{call.text}” cannot be whitelisted: {call.trouble}."
            return self.about.refusal(detail, "Use a plain link to a host of your own, and whitelist it.")
        standing = whitelist.standing(call, pair.header)
        return self.about.refusal(f"“{call.text}” {_WHY[standing]}.") if standing in _WHY else None


class NumberInValue(LinkRule):
    """Numbers of couriers and field staff need no whitelist, and orders have ten digits as well: nobody can tell."""

    about: ClassVar = About(
        "number_in_value",
        "cta_not_whitelisted",
        "A value without a type has ten digits that may be a call-back number, and are not whitelisted.",
        "Whitelist the number, or register the variable with its type: {#cbn#} for phones, {#numeric#} for others.",
        LooksAt.LINKS,
        Basis.STYLE,
        Level.WARN,
    )

    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        if call.kind is not CallKind.DIGITS or whitelist.standing(call, pair.header) is Standing.LISTED:
            return None
        return self.about.refusal(f"“{call.text}” may be a call-back number, and is not whitelisted by your entity.")


class AddressWhitelisted(LinkRule):
    """One operator wants addresses registered as well; the others do not ask."""

    about: ClassVar = About(
        "email_not_whitelisted",
        "email_not_whitelisted",
        "The text has an e-mail address that the entity has not whitelisted; some operators ask for that.",
        "Register the address on the DLT portal and record it here.",
        LooksAt.LINKS,
        Basis.STYLE,
        Level.WARN,
    )

    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        if call.kind is not CallKind.EMAIL or whitelist.standing(call, pair.header) is Standing.LISTED:
            return None
        return self.about.refusal(f"“{call.text}” is not whitelisted by your entity; some operators ask for that.")
