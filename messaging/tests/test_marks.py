"""Which messages are marked as perhaps sent: by the claim of passcodes, and in what goes back to the queue."""

from __future__ import annotations

import pytest

from kernel.domain.ids import uuid7
from kernel.domain.traffic import TrafficClass
from messaging.dispatcher.claims import choose_at_once
from messaging.dispatcher.desk import Appetite
from messaging.dispatcher.flight import Flight, Job
from messaging.tests.flights import make_flight, make_job

OTP = int(TrafficClass.OTP)


def marked(room: int) -> list[Flight]:
    """Of two batches of two passcodes each, claimed with this room on the link, those that are marked as sent."""
    flights = []
    for _ in range(2):
        flight = make_flight(traffic_class=OTP)
        flight.ids = [uuid7().bytes, uuid7().bytes]
        flights.append(flight)
    route_id = flights[0].batch.route_id
    return choose_at_once(flights, [Appetite(route_id, OTP, OTP, 100, room=room)])


def test_passcodes_are_marked_as_they_are_claimed_while_the_link_has_room_for_them() -> None:
    assert [len(marked(room)) for room in (0, 1, 2, 3, 4)] == [0, 0, 1, 1, 2]


def waiting(position: int, doubts: int) -> Job:
    job = make_job()
    job.position, job.doubts = position, doubts
    return job


@pytest.mark.parametrize(
    ("left", "upto"),
    [([(0, 0), (1, 0)], 0), ([(3, 0), (4, 0)], 3), ([(0, 1), (1, 1), (2, 0), (3, 0)], 2), ([(1, 1)], 5), ([], 5)],
    ids=["nothing was sent", "some were sent", "some are in doubt", "all are in doubt", "all were sent"],
)
def test_what_goes_back_unwritten_is_not_marked_but_doubts_stay(left: list[tuple[int, int]], upto: int) -> None:
    flight = make_flight(sent_upto=2)
    flight.sent_upto = 5
    flight.queue.extend(waiting(position, doubts) for position, doubts in left)
    assert flight.written_upto() == upto
