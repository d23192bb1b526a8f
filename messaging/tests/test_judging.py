"""Messages decided by columns, compared with the plain way: one by one, a question at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.models import RateCard, Wallet
from billing.tests.builders import make_rate
from compliance import services as compliance
from compliance.matching import CompiledTemplate
from compliance.tests.builders import NOW as LONG_AGO
from compliance.tests.builders import REVIEWER
from kernel.db.tenancy import platform_context, tenant_context
from kernel.domain.clock import utc_now
from kernel.telecom.e164 import E164
from kernel.telecom.numbers import NumberRefused, normalise
from kernel.telecom.segments import Encoding, TextRefused, count_segments, normalise_text
from messaging.drafts import Draft
from messaging.models import Message
from messaging.queries import text_of
from messaging.services.books import audit_tenant
from messaging.tests.world import ASHA, BODY, HEADER, RAVI, UNIT, World, make_world
from routing.models import Plan, PlanRule
from routing.plan import CompiledPlan

pytestmark = pytest.mark.django_db

OPTED_OUT = "+919876500000"
BRITISH, FRENCH = "+447911123456", "+33612345678"  # priced without a route; without a price
GOOD = [ASHA, RAVI, "+91 98765 43213", OPTED_OUT, BRITISH, FRENCH]
RECIPIENTS = [*GOOD, ASHA, RAVI, "98765 43212", "12345", "080 2345 6789", "\x1b[31m OOPS"]
NAMES = st.one_of(
    st.sampled_from(["Asha", "Ravi", "4711"]),
    st.sampled_from(["Asha", "", "Zoë", "आशा", "A" * 41, "two\nlines", "€" * 20]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
)
TEMPLATE = CompiledTemplate.compile(BODY)
NOW = utc_now()


def texts(values: tuple[str, str]) -> str:
    return BODY.replace("{#var#}", "%s") % values


TEXTS = st.one_of(
    st.tuples(NAMES, NAMES).map(texts),
    st.tuples(NAMES, NAMES).map(texts),
    st.sampled_from(["", "  \n", "Something else", "half a pair \ud800", "nul \x00", "x" * 3_000]),
)
VALUES = st.one_of(
    st.tuples(NAMES, NAMES),
    st.tuples(NAMES, NAMES),
    st.fixed_dictionaries({"1": NAMES, "2": NAMES}),
    st.lists(NAMES, max_size=3),
    st.fixed_dictionaries({}, optional={"1": NAMES, "2": NAMES, "3": NAMES}),
    st.none(),
)


@dataclass(frozen=True)
class Expected:
    code: str | None
    text: str = ""
    segments: int = 0
    is_unicode: bool = False


def expected(draft: Draft) -> Expected:
    """What must become of a draft, by the plainest code there is."""
    number = normalise(draft.recipient)
    if isinstance(number, NumberRefused):
        return Expected(number.code)
    if draft.not_after is not None and draft.not_after <= (draft.send_at or NOW):
        return Expected("not_after_passed")
    said = said_in(draft)
    if isinstance(said, Expected):
        return said
    return weighed(number, said)


def said_in(draft: Draft) -> str | Expected:
    """The text of a draft, or why there is none that may be sent."""
    try:
        text = None if draft.text is None else normalise_text(draft.text)
    except TextRefused as refused:
        return Expected(refused.code)
    if text is not None and not text.strip():
        return Expected("empty_text")
    if draft.sender != HEADER:
        return Expected("unknown_sender", text or "")
    if text is None:
        values = values_of(draft.variables)
        return Expected(values) if isinstance(values, str) else TEMPLATE.render(values)
    return text if TEMPLATE.match(text) else Expected("template_not_matched", text)


def weighed(number: E164, text: str) -> Expected:
    if number == OPTED_OUT:
        return Expected("opted_out", text)
    encoding, parts = count_segments(text)
    code = {BRITISH: "no_route", FRENCH: "no_price"}.get(number)
    if parts > django_settings.MAX_SEGMENTS:
        code = "text_too_long"
    return Expected(code, text, parts, encoding is Encoding.UCS2)


def values_of(variables: object) -> list[str] | str:
    if isinstance(variables, Mapping):
        if not {"1", "2"} <= variables.keys():
            return "variable_missing"
        variables = [variables["1"], variables["2"]]
    values = [] if variables is None else list(variables)  # type: ignore[call-overload]  # a sequence, as made above
    problem = TEMPLATE.check_values(values)
    return problem.code if problem else values


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Prices for India and Britain, a route for India alone, somebody who wants nothing, and room for one part."""
    monkeypatch.setattr(django_settings, "MAX_SEGMENTS", 1)
    world = make_world(rupees=1_000_000)
    with tenant_context(world.tenant_id):
        compliance.opt_out(recipient=E164(OPTED_OUT), now=LONG_AGO, actor=REVIEWER)
        card_id = Wallet.objects.get().rate_card_id
    make_rate(RateCard.objects.get(pk=card_id), "44", 7 * UNIT)
    with platform_context(reason="test: plans are the platform's"):
        PlanRule.objects.filter(plan=Plan.objects.get(is_active=True)).update(prefix="91")
    CompiledPlan.forget()
    return world


def drafts(world: World) -> st.SearchStrategy[Draft]:
    shared = {
        "recipient": st.sampled_from(RECIPIENTS),
        "sender": st.sampled_from([HEADER, HEADER, HEADER, "NOBODY"]),
        "send_at": st.sampled_from([None, None, NOW + timedelta(hours=3)]),
        "not_after": st.sampled_from([None, None, NOW + timedelta(hours=2), NOW + timedelta(hours=9)]),
        "reference": st.sampled_from([None, "order 7"]),
        "tags": st.sampled_from([(), ("a", "b")]),
    }
    ready = st.builds(Draft, text=TEXTS, template_id=st.sampled_from([None, world.template_id]), **shared)
    filled = st.builds(Draft, variables=VALUES, template_id=st.sampled_from([world.template_id]), **shared)
    return st.one_of(ready, filled)


def test_columns_decide_as_one_by_one_would(world: World) -> None:
    @given(st.lists(drafts(world), min_size=20, max_size=60))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def compare(asked: list[Draft]) -> None:
        outcomes = world.accept(*asked, now=NOW)
        with tenant_context(world.tenant_id):
            stored = Message.objects.in_bulk([outcome.id for outcome in outcomes])
            found = [
                Expected(each.error_code, text_of(each) or "", each.segments, each.is_unicode)
                for each in (stored[outcome.id] for outcome in outcomes)
            ]
            labels = [
                (each.reference, tuple(each.tags or ())) for each in map(stored.get, (o.id for o in outcomes)) if each
            ]
        assert found == [expected(draft) for draft in asked]
        assert labels == [(draft.reference, draft.tags) for draft in asked]
        assert [outcome.refusal.code if outcome.refusal else None for outcome in outcomes] == [e.code for e in found]

    compare()
    with platform_context(reason="test"):
        assert audit_tenant(world.tenant_id) == []
