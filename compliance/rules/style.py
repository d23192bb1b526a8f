"""Rules of style and advice: a tenant says for each whether it observes, warns or refuses.

They look at templates, so a message costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final

from compliance.cta import SHORTENERS, Call, CallKind, Whitelist
from compliance.rules.contract import Pair, Refusal
from compliance.rules.country import package_for
from compliance.rules.rule import About, Basis, Level, LinkRule, LooksAt, PairRule
from compliance.statuses import Category
from compliance.tags import VariableType

# Words in capitals one after another, of so many letters together, are shouting; brands are shorter.
_SHOUTED: Final = 20
_LEAST_WORD: Final = 2


def names_way_out(body: str, words: Iterable[str]) -> bool:
    """Whether a text has one of these words, given in small letters."""
    body = body.lower()
    return any(word in body for word in words)


class OptOutText(PairRule):
    about: ClassVar = About(
        "optout_text_missing",
        "optout_text_missing",
        "A promotional text does not say how to opt out, in India one registered before it had to.",
        "Add a way out, such as “STOP to 12345”, and register the text again.",
        LooksAt.PAIR,
        Basis.STYLE,
        Level.WARN,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        template, package = pair.template, package_for(pair.country)
        if template is None or template.category != Category.PROMOTIONAL or not package.optout_words:
            return None
        if names_way_out(template.body, package.optout_words):
            return None
        # Where the destination's law says the same of this text, it has said enough.
        said = (rule.judge(pair) for rule in package.text_rules if rule.about.code == self.about.code)
        return None if any(said) else self.about.refusal()


class AlphaPromotion(PairRule):
    about: ClassVar = About(
        "promotion_from_name",
        "promotion_from_name",
        "A promotional text goes out under a name; in India promotions carry headers of digits.",
        "Send promotions from a header of digits, or check on the portal that this header may carry them.",
        LooksAt.PAIR,
        Basis.STYLE,
        Level.OBSERVE,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.country != "IN" or pair.template is None or pair.template.category != Category.PROMOTIONAL:
            return None
        return None if pair.header.isdigit() else self.about.refusal()


class TypedVariables(PairRule):
    about: ClassVar = About(
        "variable_untagged",
        "variable_untagged",
        "The template has variables without a type; new registrations ask for one.",
        "Register the text with typed variables such as {#numeric#} or {#url#}.",
        LooksAt.PAIR,
        Basis.STYLE,
        Level.OBSERVE,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.template is None or pair.country != "IN":
            return None
        kinds = {variable.type for variable in pair.template.variables}
        return self.about.refusal() if VariableType.VAR in kinds else None


class NoShouting(PairRule):
    about: ClassVar = About(
        "text_shouts",
        "text_shouts",
        "Much of the text is in capitals, which filters take for spam.",
        "Write words in small letters.",
        LooksAt.PAIR,
        Basis.STYLE,
        Level.OBSERVE,
    )

    def judge(self, pair: Pair) -> Refusal | None:
        if pair.template is None:
            return None
        run = 0
        for word in " ".join(pair.template.compiled.pieces).split():
            letters = [char for char in word if char.isalpha()]
            is_shouted = len(letters) >= _LEAST_WORD and all(char.isupper() for char in letters)
            run = run + len(letters) if is_shouted else 0
            if run >= _SHOUTED:
                return self.about.refusal()
        return None


class ShortenerAbroad(LinkRule):
    about: ClassVar = About(
        "url_shortener_used",
        "url_shortener_used",
        "The text has a link of a public shortener, which filters take for spam.",
        "Use a short link of your own domain.",
        LooksAt.LINKS,
        Basis.STYLE,
        Level.WARN,
    )

    def judge(self, call: Call, pair: Pair, whitelist: Whitelist) -> Refusal | None:
        is_short = call.kind is CallKind.URL and call.host.removeprefix("www.") in SHORTENERS
        return self.about.refusal(f"“{call.text}” is a link of a public shortener.") if is_short else None


PAIR_RULES: Final[tuple[PairRule, ...]] = (OptOutText(), AlphaPromotion(), TypedVariables(), NoShouting())
LINK_RULES: Final[tuple[LinkRule, ...]] = (ShortenerAbroad(),)
