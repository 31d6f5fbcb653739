"""Deposits, withdrawals, transfers, leverage, isolated margin, funding."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.core.clock import DAY_MS
from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator.events import FundingRow
from tests.exchange.simulator.arena import ANN, BOB, START_MS, Arena, limit

D = Decimal


def long(size: str = "1", *, isolated: int = 0) -> Arena:
    arena = Arena()
    arena.market("BTC", 100_000)
    if isolated:
        assert arena.engine.treasury.update_leverage(ANN, 0, Leverage(MarginMode.ISOLATED, isolated)) is None
    arena.place(ANN, limit("buy", 100_001, size, tif="Ioc"))
    arena.happened()
    return arena


@pytest.mark.parametrize(
    ("isolated", "leverage", "error"),
    [
        (0, Leverage(MarginMode.CROSS, 41), "Invalid leverage value"),
        (0, Leverage(MarginMode.CROSS, 0), "Invalid leverage value"),
        (0, Leverage(MarginMode.ISOLATED, 20), "Cannot switch leverage type with open position."),
        (20, Leverage(MarginMode.CROSS, 20), "Cannot switch leverage type with open position."),
        (
            0,
            Leverage(MarginMode.CROSS, 9),
            "Cross position does not have sufficient margin available to decrease leverage.",
        ),
        (
            20,
            Leverage(MarginMode.ISOLATED, 5),
            "Isolated position does not have sufficient margin available to decrease leverage.",
        ),
        (0, Leverage(MarginMode.CROSS, 11), None),
        (20, Leverage(MarginMode.ISOLATED, 12), None),
        (0, Leverage(MarginMode.CROSS, 40), None),
    ],
)
def test_leverage_changes_where_margin_and_mode_allow(isolated: int, leverage: Leverage, error: str | None) -> None:
    arena = long(isolated=isolated)
    before = arena.trader().account.leverage("BTC")
    assert arena.engine.treasury.update_leverage(ANN, 0, leverage) == error
    assert arena.trader().account.leverage("BTC") == (before if error else leverage)
    arena.check()


def test_a_lower_isolated_leverage_draws_margin_from_the_cash() -> None:
    arena = long("0.1", isolated=20)
    assert arena.engine.treasury.update_leverage(ANN, 0, Leverage(MarginMode.ISOLATED, 10)) is None
    assert arena.trader().account.isolated_value("BTC", arena.floor.mark) == 1_000
    arena.check()


def test_an_isolated_coin_has_no_cross_margin() -> None:
    arena = Arena()
    update = arena.engine.treasury.update_leverage
    assert update(ANN, 2, Leverage(MarginMode.CROSS, 5)) == "Cross margin is not allowed for this asset."


def test_isolated_margin_moves_within_bounds() -> None:
    arena = long("0.1", isolated=20)
    move = arena.engine.treasury.update_isolated_margin
    before = arena.trader().account.isolated_value("BTC", arena.floor.mark)
    assert move(ANN, 0, D(1_000)) is None
    assert arena.trader().account.isolated_value("BTC", arena.floor.mark) == before + 1_000
    assert move(ANN, 0, D(-400)) is None
    assert move(ANN, 0, D(-200)) == "Insufficient margin available to remove from the isolated position."
    assert move(ANN, 0, D(100_000)) == "Insufficient funds available to deposit."
    assert move(ANN, 1, D(1)) == "Position does not use isolated margin."
    assert long().engine.treasury.update_isolated_margin(ANN, 0, D(1)) == "Position does not use isolated margin."
    arena.check()


def test_a_withdrawal_costs_a_dollar_and_cannot_touch_margin() -> None:
    arena = long("0.1")
    treasury = arena.engine.treasury
    free = arena.engine.statements.account(ANN).withdrawable
    assert treasury.withdraw(ANN, free + 1, 7) == "Insufficient balance for withdrawal"
    assert treasury.withdraw(ANN, D(1), 7) == "Insufficient balance for withdrawal"
    assert treasury.withdraw(ANN, D(100), 7) is None
    row = arena.trader().ledger.rows[-1]
    assert (row.kind, row.amount, row.details) == ("withdraw", D(-100), {"usdc": D(99), "nonce": 7, "fee": D(1)})


def test_money_sent_arrives_even_at_a_new_address() -> None:
    arena = Arena()
    new = "0x" + "c" * 40
    assert arena.engine.treasury.send_usd(ANN, new, D(250)) is None
    assert arena.trader(new).account.cash == 250
    assert arena.engine.treasury.send_usd(ANN, BOB, D(10_000)) == "Insufficient balance for token transfer"
    assert arena.engine.treasury.send_usd(ANN, ANN, D(1)) == "Insufficient balance for token transfer"
    assert [row.amount for row in arena.trader().ledger][-1] == -250
    assert [row.amount for row in arena.trader(new).ledger] == [250]


def test_money_goes_to_the_spot_wallet_and_back() -> None:
    arena = Arena()
    move = arena.engine.treasury.class_transfer
    assert move(ANN, D(400), to_perp=False) is None
    assert (arena.trader().account.cash, arena.trader().account.spot_usdc) == (D(9_600), D(400))
    assert move(ANN, D(401), to_perp=True) == "Insufficient balance for token transfer"
    assert move(ANN, D(400), to_perp=True) is None
    assert arena.trader().account.spot_usdc == 0


def test_funding_is_charged_on_the_oracle_to_cross_and_isolated_alike() -> None:
    for isolated in (0, 20):
        arena = long("0.1", isolated=isolated)
        arena.mark("BTC", 100_000, oracle=101_000)
        arena.happened()
        arena.engine.treasury.charge_funding("BTC", D("0.0000125"))
        row = arena.happened()[0]
        assert isinstance(row, FundingRow)
        assert (row.usdc, row.size) == (D("-0.12625"), D("0.1"))
        arena.check()


def test_fees_follow_the_volume_of_the_fourteen_days_before() -> None:
    arena = Arena()
    trader = arena.trader()
    trader.volumes.add(START_MS, D(6_000_000), taker=True)
    assert trader.volumes.rates(START_MS).taker == D("0.00045")
    assert trader.volumes.rates(START_MS + DAY_MS).taker == D("0.0004")
    assert trader.volumes.rates(START_MS + 14 * DAY_MS).maker == D("0.00012")
    assert trader.volumes.rates(START_MS + 15 * DAY_MS).maker == D("0.00015")


def test_takers_and_makers_pay_their_own_rate() -> None:
    arena = Arena()
    arena.place(BOB, limit("sell", 100_000, "0.1"))
    arena.place(ANN, limit("buy", 100_000, "0.1"))
    assert [row.fee for row in arena.trader(ANN).fills] == [D("4.5")]
    assert [row.fee for row in arena.trader(BOB).fills] == [D("1.5")]
    assert arena.engine.statements.fees(ANN).days[-1].taker == 10_000
    assert arena.engine.statements.fees(ANN).days[-1].exchange == 20_000
    arena.check()


class TestScheduledCancel:
    def rich(self) -> Arena:
        arena = Arena()
        arena.trader().volumes.add(START_MS, D(1_000_000), taker=True)
        arena.place(ANN, limit("buy", 99_000, "0.1"))
        return arena

    def test_it_needs_volume(self) -> None:
        text = Arena().engine.schedule_cancel(ANN, START_MS + 60_000)
        assert text == "Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0.00"

    def test_it_must_be_five_seconds_ahead(self) -> None:
        assert self.rich().engine.schedule_cancel(ANN, START_MS + 4_999) is not None

    def test_it_cancels_everything_when_its_time_comes_and_not_before(self) -> None:
        arena = self.rich()
        assert arena.engine.schedule_cancel(ANN, START_MS + 5_000) is None
        arena.engine.fire_schedules()
        assert len(arena.live()) == 1
        arena.floor.now_ms += 5_000
        arena.engine.fire_schedules()
        assert arena.live() == []
        assert arena.trader().history.rows[-1].status == "scheduledCancel"

    def test_it_can_be_taken_back(self) -> None:
        arena = self.rich()
        arena.engine.schedule_cancel(ANN, START_MS + 5_000)
        assert arena.engine.schedule_cancel(ANN, None) is None
        arena.floor.now_ms += 10_000
        arena.engine.fire_schedules()
        assert len(arena.live()) == 1

    def test_ten_times_a_day_is_enough(self) -> None:
        arena = self.rich()
        for _ in range(10):
            assert arena.engine.schedule_cancel(ANN, arena.floor.now_ms + 5_000) is None
            arena.floor.now_ms += 5_000
            arena.engine.fire_schedules()
        text = arena.engine.schedule_cancel(ANN, arena.floor.now_ms + 5_000)
        assert text == "Too many scheduled cancels triggered for the day. Limit is 10"
