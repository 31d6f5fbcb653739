"""A source's ledger says what its trades say."""

from __future__ import annotations

from hlmaster.core.clock import DAY_MS
from hlmaster.trading.tally import Tally, deepest, tally
from tests.trading.journal import trade
from tests.trading.scenes import NOW, D


def test_nothing_traded_has_no_ratios() -> None:
    empty = tally("a", [], NOW)
    assert empty == Tally("a")
    assert (empty.win_rate, empty.average, empty.profit_factor, empty.multiple) == (None, None, None, None)


def test_wins_losses_and_costs_add_up() -> None:
    made = tally("a", [trade("30"), trade("-10"), trade("0"), trade("-5", risk=None)], NOW)
    assert (made.trades, made.wins, made.net, made.fees, made.funding) == (4, 1, D(15), D(8), D(4))
    assert (made.gained, made.lost, made.profit_factor) == (D(30), D(15), D(2))
    assert (made.win_rate, made.average, made.drawdown) == (D("0.25"), D("3.75"), D(15))
    assert made.multiple == (D(3) - 1 + 0) / 3


def test_what_is_open_counts_for_today_and_yesterday_does_not() -> None:
    trades = [trade("-50", closed_ms=NOW // DAY_MS * DAY_MS - 1), trade("-7"), trade("-100", superseded=True)]
    made = tally("a", [*trades, trade("3", closed_ms=0)], NOW, {"ETH": D(-3), "BTC": D(1)})
    assert (made.today, made.unrealised, made.open_coins) == (D(-9), D(-2), ("BTC", "ETH"))
    assert (made.trades, made.net) == (2, D(-57))


def test_the_deepest_fall_starts_at_a_peak() -> None:
    assert deepest([D(5), D(-3), D(1), D(-4), D(9)]) == D(6)
    assert deepest([D(-2), D(4)]) == D(2)
    assert deepest([]) == 0
