"""Messages of one template and class that nothing has spoken against so far, while rules look at their recipients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from compliance.levels import Level
from compliance.rules.columns import Work, pick, refused
from compliance.rules.contract import Passed, Refusal, Window
from compliance.rules.decisions import Approved
from compliance.rules.hours import are_kept, by_window, refusal_of
from kernel.domain.traffic import TrafficClass


@dataclass(slots=True)
class Survivors:
    """
    Args:
        numbers, texts: as in `Passed`; what a rule refuses is taken out of both.
        country: of all recipients.
    """

    work: Work
    approved: Approved
    traffic_class: TrafficClass
    country: str
    numbers: Sequence[int]
    texts: Sequence[str]

    @property
    def recipients(self) -> Sequence[str]:
        return pick(self.work.recipients, self.numbers)

    def apply(self, objections: Mapping[int, Refusal], level: Level = Level.REFUSE) -> None:
        """Take out, or mark, those whom a rule objects to, by their place."""
        if not objections or level is Level.OBSERVE:
            return
        if level is Level.WARN:
            for place, objection in objections.items():
                self.work.warn((self.numbers[place],), (objection.code,))
            return
        for place, refusal in objections.items():
            ruling = refused(refusal, self.texts[place], self.traffic_class, self.approved)
            self.work.screened.refused[self.numbers[place]] = ruling
        left = [place for place in range(len(self.numbers)) if place not in objections]
        self.numbers, self.texts = pick(self.numbers, left), pick(self.texts, left)

    def keep_hours(self, at: datetime, *, defers: bool) -> None:
        """Take out promotions that may not go at this instant and shall not wait."""
        objections: dict[int, Refusal] = {}
        for window, places in self._windows(at):
            if window is None or (window.opens > at and not defers):
                objections.update(dict.fromkeys(places, refusal_of(window)))
        self.apply(objections)

    def by_hours(self, at: datetime) -> Iterator[Passed]:
        """What is left, by the hours in which it goes."""
        template_id, dlt = self.approved.template.id, self.approved.dlt
        windows: Iterable[tuple[Window | None, Sequence[int]]] = self._windows(at)
        for window, places in windows or [(None, range(len(self.numbers)))]:
            if places:
                numbers, texts = pick(self.numbers, places), pick(self.texts, places)
                yield Passed(numbers, texts, template_id, self.traffic_class, dlt, window)

    def _windows(self, at: datetime) -> list[tuple[Window | None, Sequence[int]]]:
        """Empty for what goes at any hour."""
        if self.traffic_class is not TrafficClass.PROMOTIONAL or not are_kept():
            return []
        return list(by_window(self.country, self.recipients, at))
