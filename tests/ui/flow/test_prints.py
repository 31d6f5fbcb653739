"""Lines of the tape lose nothing, whether trades are summed or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.events import Trade
from hlmaster.ui.flow.prints import large_from, prints

TAPES = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(1, 9)), max_size=30).map(
    lambda rows: [Trade("ETH", at, 10.0, float(size), buys, n) for n, (at, buys, size) in enumerate(sorted(rows))]
)


@given(TAPES, st.booleans())
def test_every_trade_is_in_one_line(tape: list[Trade], grouped: bool) -> None:
    lines = list(prints(reversed(tape), grouped=grouped))
    assert sum(line.fills for line in lines) == len(tape)
    assert sum(line.notional for line in lines) == pytest.approx(sum(trade.price * trade.size for trade in tape))
    assert [line.time_ms for line in lines] == sorted((line.time_ms for line in lines), reverse=True)
    if grouped:
        assert len(lines) == len({(trade.time_ms, trade.is_buy) for trade in tape})


def test_a_line_stands_at_the_price_that_was_reached() -> None:
    tape = [Trade("ETH", 1, price, 1.0, True, n) for n, price in enumerate((10.0, 10.1, 10.3))]
    (line,) = prints(reversed(tape), grouped=True)
    assert (line.price, line.size, line.notional) == (10.3, 3.0, pytest.approx(30.4))


def test_large_is_the_largest_twentieth_and_nothing_while_there_are_few() -> None:
    worths = [float(number) for number in range(1, 201)]
    assert sum(worth >= large_from(worths) for worth in worths) == 10
    assert large_from(worths[:19]) == float("inf")
