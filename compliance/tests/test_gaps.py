from __future__ import annotations

from compliance.gaps import RULES_OF, gap_of
from compliance.rules.catalogue import pipeline
from compliance.services.scrubbed import SUSPENDING
from kernel.domain.catalogue import CATALOGUE
from kernel.telecom.scrubbing import SCRUB_CODES


def test_every_scrub_code_has_words_and_rules_that_exist() -> None:
    assert RULES_OF.keys() == SCRUB_CODES
    assert set(SUSPENDING) <= SCRUB_CODES
    assert CATALOGUE.keys() >= SCRUB_CODES
    known = {each.about.key for each in pipeline()}
    assert {key for keys in RULES_OF.values() for key in keys} - known == set()
    assert [rule.key for rule in gap_of("dlt_hours").rules] == ["promotional_hours"]
