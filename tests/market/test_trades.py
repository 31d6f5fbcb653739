"""The tape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.market import trades as trades_module
from hlmaster.market.trades import TradeTape
from tests.market.facts import NOW, trade


def test_recent_trades_come_oldest_first() -> None:
    tape = TradeTape(ManualClock(NOW))
    assert (tape.recent(3), tape.last, len(tape)) == ([], None, 0)
    rows = [trade(100 + i, NOW + i, i) for i in range(5)]
    for row in rows:
        tape.append(row)
    assert tape.recent(2) == rows[3:]
    assert tape.recent(99) == rows
    assert tape.last == rows[-1]


def test_an_id_is_known_only_together_with_its_time() -> None:
    tape = TradeTape(ManualClock(NOW))
    tape.append(trade(time_ms=NOW, trade_id=0))
    assert tape.knows(trade(time_ms=NOW, trade_id=0))
    assert not tape.knows(trade(time_ms=NOW + 1, trade_id=0))


def test_notional_is_split_by_aggressor_within_the_window() -> None:
    clock = ManualClock(NOW + 10_000)
    tape = TradeTape(clock)
    tape.append(trade(100, NOW, 1, size=5))
    tape.append(trade(100, NOW + 5_000, 2, size=2))
    tape.append(trade(50, NOW + 6_000, 3, size=1, is_buy=False))
    bought, sold = tape.notional(5)
    assert (bought.notional, sold.notional) == (200, 50)
    assert tape.notional(60)[0].notional == 700
    clock.advance(60_000)
    assert [side.notional for side in tape.notional(5)] == [0, 0]


@given(st.integers(0, 40))
def test_the_tape_is_bounded_and_forgets_ids_with_their_trades(count: int) -> None:
    tape = TradeTape(ManualClock(NOW))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trades_module, "KEPT", 10)
        for i in range(count):
            tape.append(trade(time_ms=NOW + i, trade_id=i))
    assert len(tape) == min(count, 10)
    assert [tape.knows(trade(time_ms=NOW + i, trade_id=i)) for i in range(count)] == [
        i >= count - 10 for i in range(count)
    ]
