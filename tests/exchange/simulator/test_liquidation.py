"""Accounts that can no longer carry their positions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator.events import ForcedCancel, LedgerRow, LiquidationEvent
from tests.exchange.simulator.arena import ANN, BOB, Arena, fills, limit

D = Decimal


def stretched(size: str = "1.5", *, coin: str = "BTC", price: int = 100_000) -> Arena:
    """Ann long ``size`` at about ``price`` with 10000 USD."""
    arena = Arena()
    arena.market(coin, price, 100_000, step="0.1")
    arena.place(ANN, limit("buy", price + 10, size, coin, tif="Ioc"))
    arena.place(ANN, limit("buy", price // 2, "0.01" if coin == "BTC" else 1, coin))
    arena.happened()
    return arena


def fall(arena: Arena, price: int | str, bid: int | None = None, size: int = 100, coin: str = "BTC") -> None:
    arena.sweep(coin, "sell", 100_000)
    arena.others(coin, "buy", price if bid is None else bid, size)
    arena.mark(coin, price)
    arena.engine.liquidate()


def test_a_healthy_account_is_left_alone() -> None:
    arena = stretched()
    arena.mark("BTC", 96_000)
    arena.engine.liquidate()
    assert arena.position() == D("1.5")
    assert arena.happened() == []


def test_a_large_position_is_first_cut_by_a_fifth_and_the_rest_goes_after_thirty_seconds() -> None:
    arena = stretched()
    fall(arena, 94_400)
    assert arena.position() == D("1.2")
    arena.mark("BTC", 94_300)
    arena.engine.liquidate()
    assert arena.position() == D("1.2"), "cooling down"
    arena.floor.now_ms += 30_000
    arena.engine.liquidate()
    assert arena.position() == 0
    arena.check()


def test_a_small_position_goes_at_once_and_its_orders_before_it() -> None:
    arena = stretched("100", coin="SOL", price=100)
    arena.mark("SOL", 100)
    assert arena.engine.treasury.withdraw(ANN, D(8_900), 1) is None
    arena.put_in[ANN] -= D(8_900)
    arena.happened()
    fall(arena, "91.3", coin="SOL")
    assert arena.position(coin="SOL") == 0
    events = arena.happened()
    assert [type(event) for event in events[:2]] == [LedgerRow, LiquidationEvent]
    assert "liquidatedCanceled" in [view.status for view in arena.trader().history]
    assert any(isinstance(event, ForcedCancel) for event in events)
    fill = fills(events)[0]
    assert fill.liquidation is not None
    assert (fill.liquidation.liquidated_user, fill.liquidation.method, fill.liquidation.mark_price) == (
        ANN,
        "market",
        D("91.3"),
    )
    arena.check()


def test_both_sides_of_a_liquidation_carry_its_mark() -> None:
    arena = stretched()
    arena.sweep("BTC", "sell", 100_000)
    arena.deposit(BOB, 1_000_000)
    arena.place(BOB, limit("buy", 94_400, 2))
    arena.mark("BTC", 94_400)
    arena.engine.liquidate()
    taken = fills(arena.happened(), BOB)
    assert [row.liquidation.liquidated_user for row in taken if row.liquidation] == [ANN]
    arena.check()


@pytest.mark.parametrize("price", [94_100, 93_500, 90_000])
def test_far_below_maintenance_the_backstop_takes_over_and_leaves_nothing(price: int) -> None:
    arena = stretched()
    fall(arena, price, bid=1_000)
    assert arena.position() == 0
    assert 0 <= arena.trader().account.equity(arena.floor.mark) < D("1e-6")
    methods = [row.liquidation.method for row in arena.trader().fills if row.liquidation]
    assert methods == ["backstop"]
    arena.check()


def test_an_isolated_position_goes_alone() -> None:
    arena = Arena()
    arena.market("SOL", 100, 100_000, step="0.1")
    assert arena.engine.treasury.update_leverage(ANN, 1, Leverage(MarginMode.ISOLATED, 20)) is None
    arena.place(ANN, limit("buy", 101, 100, "SOL", tif="Ioc"))
    arena.market("BTC", 100_000)
    arena.place(ANN, limit("buy", 100_001, "0.1", tif="Ioc"))
    fall(arena, 97, coin="SOL")
    assert arena.position(coin="SOL") == 0
    assert arena.position() == D("0.1")
    row = next(row for row in arena.trader().ledger if row.kind == "liquidation")
    assert row.details["leverageType"] == "Isolated"
    arena.check()


def test_the_stated_liquidation_price_is_where_it_happens() -> None:
    arena = stretched()
    arena.engine.lifecycle.cancel(next(iter(arena.trader().orders.values())))
    stated = arena.engine.statements.account(ANN).positions[0].liquidation_price
    assert stated is not None
    above, below = int(stated) + 1, int(stated)
    arena.mark("BTC", above)
    arena.engine.liquidate()
    assert arena.position() == D("1.5")
    fall(arena, below)
    assert arena.position() < D("1.5")
