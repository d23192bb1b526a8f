"""The cost that is told before is the cost that is held afterwards."""

from __future__ import annotations

import pytest

from billing.models import Wallet
from campaigns.models import Campaign
from campaigns.services import audience, estimates
from campaigns.tasks import count_cost
from campaigns.tests.builders import MAYA, NOW, PRICE, Cast, expand_all, make_campaign, make_list, number, start
from compliance.services import opt_out
from kernel.db.tenancy import tenant_context

pytestmark = pytest.mark.django_db


def told(campaign: Campaign) -> estimates.Estimate:
    filling = estimates.filling_of(campaign)
    assert filling is not None
    return estimates.estimate_now(list_ids=audience.list_ids_of(campaign), filling=filling, now=NOW)


def test_the_estimate_equals_what_is_held(inside: Cast) -> None:
    opt_out(recipient=number(1), now=NOW, actor=MAYA)
    campaign = make_campaign(inside, make_list("A", 4), make_list("B", 2, start=10, other="x"))
    before = told(campaign)
    assert (before.people, before.sendable, before.is_exact) == (6, 3, True)
    assert before.blocked == {"variable_missing": 2, "opted_out": 1}
    expand_all(start(campaign))
    assert Wallet.objects.get().held_micros == before.micros == 3 * PRICE


def test_characters_that_make_a_text_longer_are_named(inside: Cast) -> None:
    plain, fancy = make_list("Plain", 2), make_list("Fancy", 1, start=10, order="“seven” and a long tail of thirty")
    found = told(make_campaign(inside, plain, fancy))
    assert (found.unicode_people, found.characters, found.fewest, found.most) == (1, ["“", "”"], 1, 2)


def test_a_large_audience_is_sampled_from_every_list(inside: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "EXACT_LIMIT", 5)
    monkeypatch.setattr(estimates, "SAMPLE", 4)
    long = make_list("Long", 4, start=10, order="“seven” and a long tail of thirty")
    campaign = make_campaign(inside, make_list("Short", 8), long)
    filling = estimates.filling_of(campaign)
    assert filling is not None
    rows = estimates.sample_rows(audience.list_ids_of(campaign), 4)
    counting = estimates.Counting(filling, NOW)
    counting.add(rows)
    found = counting.result(12)
    assert (found.looked_at, found.is_exact, found.fewest, found.most) == (4, False, 1, 2)
    assert found.least_micros <= found.likely_micros <= found.most_micros


def test_a_worker_counts_what_is_too_large_for_a_page(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "PAGE", 2)
    with tenant_context(cast.tenant_id):
        campaign = make_campaign(cast, make_list(count=5))
        token = estimates.request_count(campaign_id=campaign.id)
    count_cost(str(cast.tenant_id), str(campaign.id), token)
    with tenant_context(cast.tenant_id):
        campaign.refresh_from_db()
        found = estimates.exact_count(campaign)
        assert found is not None
        assert (found.people, found.micros, found.is_exact) == (5, 5 * PRICE, True)


def test_a_count_of_an_older_draft_is_thrown_away(inside: Cast) -> None:
    campaign = make_campaign(inside, make_list(count=5))
    token = estimates.request_count(campaign_id=campaign.id)
    estimates.request_count(campaign_id=campaign.id)
    assert not estimates.keep_count(campaign_id=campaign.id, token=token, estimate=estimates.Estimate())
