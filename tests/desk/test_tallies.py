"""Each source's ledger over a whole desk, over restarts and over what late fills undo."""

from __future__ import annotations

from dataclasses import replace

from hlmaster.core.events import FillsReported, OrderChanged
from hlmaster.core.model import Side
from hlmaster.core.orders import Order
from hlmaster.core.records import TradeChanged, TradesRestored
from hlmaster.desk.tallies import Tallies
from hlmaster.trading.proposals.record_trust import TrustTerms
from tests.desk.desks import Scene, running
from tests.trading.journal import trade
from tests.trading.scenes import NOW, D, fill

TERMS = TrustTerms()


def tallies(scene: Scene) -> Tallies:
    desk = scene.desk
    return Tallies(desk.bus, desk.clock, desk.portfolio, lambda: TERMS)


async def test_closed_trades_of_earlier_runs_and_of_now_are_one_ledger() -> None:
    async with running() as scene:
        kept, bus = tallies(scene), scene.desk.bus
        bus.publish(TradesRestored((trade("10"), trade("-4", source="rival"))))
        bus.publish(TradeChanged(trade("-3")))
        assert [(one.source, one.trades, one.net) for one in kept.all()] == [
            ("confluence", 2, D(7)),
            ("rival", 1, D(-4)),
        ]
        assert kept.multiples("confluence") == [D(1), D("-0.3")]
        assert kept.record("confluence").trades == 2
        assert kept.of("nobody").trades == 0


async def test_what_a_late_fill_undid_is_undone_here_too() -> None:
    async with running() as scene:
        kept, bus, one = tallies(scene), scene.desk.bus, trade("10")
        changed: list[str] = []
        kept.changed = changed.append
        bus.publish(TradeChanged(replace(one, closed_ms=0)))
        assert changed == [], "it is open"
        bus.publish(TradeChanged(one))
        bus.publish(TradeChanged(replace(one, note="good")))
        assert kept.of("confluence").trades == 1
        bus.publish(TradeChanged(replace(one, superseded=True)))
        assert kept.of("confluence").trades == 0
        assert kept.record("confluence").trades == 0
        assert set(changed) == {"confluence"}


async def test_an_open_position_stands_at_what_it_made_after_costs() -> None:
    async with running() as scene:
        kept, desk = tallies(scene), scene.desk
        order = Order("ETH", Side.BUY, D(2), D(3010), source="confluence")
        desk.bus.publish(OrderChanged(desk.orders.register(order)))
        name = order.client_order_id
        desk.bus.publish(FillsReported((fill(Side.BUY, "2", "3010", NOW + 1, fee=D(3), client_order_id=name),)))
        found = kept.of("confluence")
        assert (found.open_coins, found.unrealised, found.today) == (("ETH",), D(-23), D(-23))
        desk.bus.publish(FillsReported((fill(Side.SELL, "2", "3011", NOW + 2, start_position=D(2)),)))
        found = kept.of("confluence")
        assert (found.open_coins, found.trades, found.net, found.today) == ((), 1, D(-1), D(-1))
