from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import Notice
from hlmaster.desk.advising.storm import MANY, WITHIN_MS, Storm

NOW = 1_800_000_000_000


def test_many_vetoes_within_ten_minutes_are_told_once_and_later_again() -> None:
    bus, clock = Bus(), ManualClock(NOW)
    told: list[Notice] = []
    bus.subscribe(Notice, told.append)
    storm = Storm(bus, clock)
    for _ in range(MANY - 1):
        storm.took(1)
        clock.advance(1_000)
    storm.took(0)
    assert not told
    storm.took(1)
    storm.took(3)
    assert [one.sentence for one in told] == [f"The advisers took away {MANY} ideas within ten minutes."]
    clock.advance(WITHIN_MS + 1)
    assert storm.lately == 0
    storm.took(MANY)
    assert len(told) == 2
