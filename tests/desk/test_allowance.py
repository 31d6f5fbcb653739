from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import TradingState
from hlmaster.core.ports import LinkHealth
from hlmaster.desk.allowance import AllowanceWatch
from hlmaster.desk.guard import Guard


def test_entries_end_when_a_fifth_is_left_and_open_again_when_trading_made_room() -> None:
    guard, health = Guard(Bus(), ManualClock()), LinkHealth()
    watch = AllowanceWatch(guard, health)
    states = []
    for used, limit in ((None, None), (7_999, 10_000), (8_000, 10_000), (8_200, 10_100), (8_200, 12_000)):
        health.address_used, health.address_limit = used, limit
        watch.look()
        states.append(guard.state)
    open_, shut = TradingState.ACTIVE, TradingState.REDUCING
    assert states == [open_, open_, shut, shut, open_]


def test_the_sentence_names_both_figures() -> None:
    guard, health = Guard(Bus(), ManualClock()), LinkHealth(address_used=9_000, address_limit=10_000)
    AllowanceWatch(guard, health).look()
    assert "9,000 of its 10,000 requests" in guard.sentence
