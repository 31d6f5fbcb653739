"""A fact that comes late leaves the books as if it had come in time."""

from __future__ import annotations

from dataclasses import astuple
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.differences import Adjustment
from hlmaster.core.model import Side
from hlmaster.core.orders import Fill, FundingPayment
from hlmaster.trading import past
from hlmaster.trading.ledger import Ledger
from tests.trading.scenes import NOW, D, fill

Fact = Fill | FundingPayment
steps = st.lists(
    st.one_of(
        st.tuples(st.booleans(), st.integers(1, 30), st.integers(50, 150)),
        st.decimals(-5, 5, places=2),
    ),
    max_size=12,
)


def facts(rows: list[Any]) -> list[Fact]:
    made: list[Fact] = []
    for number, row in enumerate(rows):
        if isinstance(row, tuple):
            buys, size, price = row
            side = Side.BUY if buys else Side.SELL
            made.append(fill(side, D(size), D(price), NOW + number, fee=D("0.01")))
        else:
            made.append(FundingPayment("ETH", NOW + number, row, D(1), D(0)))
    return made


def books(order: list[Fact]) -> tuple[Ledger, dict[tuple[str, int, int], Decimal]]:
    ledger, realised = Ledger(), {}
    for fact in order:
        if isinstance(fact, Fill):
            realised.update(ledger.book_fill(fact))
        else:
            ledger.book_funding(fact)
    return ledger, realised


def told(ledger: Ledger) -> tuple[Any, ...]:
    holding = ledger.holding("ETH")
    trips = [astuple(trip) for trip in ledger.round_trips]
    return astuple(holding), trips, ledger.realised, ledger.fees, ledger.funding


@given(steps, st.randoms(use_true_random=False))
def test_any_order_of_arrival_leaves_the_same_books(rows: list[Any], random: Any) -> None:
    in_order = facts(rows)
    shuffled = list(in_order)
    random.shuffle(shuffled)
    (truth, gains), (late, late_gains) = books(in_order), books(shuffled)
    assert told(late) == told(truth)
    assert late_gains == gains


def test_a_late_fill_tells_what_the_later_ones_now_realise() -> None:
    first, second, last = (
        fill(Side.BUY, "1", "100", NOW),
        fill(Side.BUY, "1", "110", NOW + 1),
        fill(Side.SELL, "2", "120", NOW + 2),
    )
    ledger = Ledger()
    ledger.book_fill(first)
    assert ledger.book_fill(last) == {last.key: D(20)}
    assert ledger.book_fill(second) == {first.key: D(0), second.key: D(0), last.key: D(30)}
    assert (ledger.holding("ETH").size, ledger.realised, ledger.rebooked) == (D(0), D(30), 1)
    (trip,) = ledger.round_trips
    assert (trip.size, trip.entry_price, trip.realised) == (D(2), D(105), D(30))


def test_what_is_older_than_all_that_is_kept_is_booked_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "LONGEST", 4)
    ledger = Ledger()
    for number in range(1, 9):
        ledger.book_fill(fill(Side.BUY, "1", str(100 + 10 * (number > 4)), NOW + number))
    old = fill(Side.SELL, "1", "90", NOW)
    assert ledger.book_fill(old)[old.key] == D(-10)
    assert (ledger.holding("ETH").size, ledger.realised, ledger.rebooked) == (D(7), D(-10), 1)


@pytest.mark.parametrize("sizes", [(2, -1, -3, 5, -2), (2, -1, -3, 5, -3)])
@given(order=st.permutations(range(5)))
def test_fills_of_one_millisecond_are_told_apart_by_the_position_before(order: list[int], sizes: list[int]) -> None:
    position, made = D(0), list[Fact]()
    for number, size in enumerate(sizes):
        side = Side.BUY if size > 0 else Side.SELL
        made.append(fill(side, D(abs(size)), D(100 + number), NOW, start_position=position))
        position += size
    late, _ = books([made[number] for number in order])
    truth, _ = books(made)
    assert told(late) == told(truth)
    assert past.in_sequence([fact for fact in (made[number] for number in order) if isinstance(fact, Fill)]) == made


def test_the_exchanges_statement_begins_the_past_anew() -> None:
    ledger = Ledger()
    ledger.book_fill(fill(Side.BUY, "1", "100", NOW))
    ledger.adjust(Adjustment(NOW + 5, "ETH", D(3), D(101), D(0), "history is out of reach"))
    assert ledger.book_fill(fill(Side.BUY, "1", "90", NOW + 2)) == {}
    ledger.book_fill(fill(Side.BUY, "1", "105", NOW + 7))
    assert ledger.book_fill(fill(Side.SELL, "4", "110", NOW + 6)) != {}
    assert ledger.holding("ETH").size == D(0)
