from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.differences import Discrepancy
from hlmaster.trading import differences
from hlmaster.trading.differences import Differences
from tests.trading.scenes import NOW, MemoryStore


def found(number: int) -> Discrepancy:
    return Discrepancy("ETH position", "0", str(number), "Why.", NOW + number)


async def test_differences_are_stored_and_come_back_before_the_new_ones() -> None:
    bus, store = Bus(), MemoryStore()
    store.saved_discrepancies = [found(1), found(2)]
    kept = Differences(bus, store)
    bus.publish(found(3))
    await kept.restore()
    assert list(kept.rows) == [found(1), found(2), found(3)]
    assert store.saved_discrepancies == [found(1), found(2), found(3)]


def test_only_the_latest_are_kept() -> None:
    bus = Bus()
    kept = Differences(bus, MemoryStore())
    for number in range(differences.KEPT + 5):
        bus.publish(found(number))
    assert len(kept.rows) == differences.KEPT
    assert kept.rows[-1] == found(differences.KEPT + 4)
