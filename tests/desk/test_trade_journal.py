"""The trade journal over a whole desk: where a trade came from, how far it ran, what it slipped, what was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import FillsReported, OrderChanged
from hlmaster.core.model import Side
from hlmaster.core.orders import Fill, Order
from hlmaster.core.proposals import ProposalChanged, ProposalState
from hlmaster.core.records import Data, Trade, Unrecorded
from hlmaster.desk.archive import Archive
from tests.desk.desks import Scene, running
from tests.storage.facts import a_proposal
from tests.trading.scenes import NOW, D, fill


class Memory(Unrecorded):
    """Remembers trades, lines and audit entries."""

    def __init__(self) -> None:
        self.kept: dict[str, Trade] = {}
        self.noted: list[tuple[str, str]] = []
        self.audited: list[tuple[str, str]] = []

    def save_trade(self, trade: Trade) -> None:
        self.kept[trade.trade_id] = trade

    def note(self, subject: str, time_ms: int, kind: str, text: str, data: Data) -> None:
        self.noted.append((subject, kind))

    def write(self, kind: str, subject: str, data: Data) -> None:
        self.audited.append((kind, subject))

    async def trades(self, limit: int) -> list[Trade]:
        return list(self.kept.values())


def archive(scene: Scene, memory: Memory) -> Archive:
    desk = scene.desk
    return Archive(
        desk.bus, desk.clock, memory, memory, desk.portfolio, desk.orders, scene.market, desk.feed, desk.survey.mark
    )


def traded(scene: Scene, side: Side, size: str, price: str, before: str) -> Fill:
    """A fill of an order of ours, decided while the mid stood at 3000."""
    order = Order("ETH", side, D(size), D(price), source="momentum")
    scene.desk.bus.publish(OrderChanged(scene.desk.orders.register(order)))
    made = fill(side, size, price, NOW + 1, start_position=D(before), client_order_id=order.client_order_id, fee=D(1))
    scene.desk.bus.publish(FillsReported((made,)))
    return made


async def test_a_trade_knows_its_source_its_slippage_and_how_far_it_ran() -> None:
    async with running() as scene:
        memory = Memory()
        kept = archive(scene, memory)
        traded(scene, Side.BUY, "2", "3001", "0")
        for price in (3101.0, 2951.0):
            scene.market.price("ETH", price)
        scene.market.price("ETH", 3000.0)
        traded(scene, Side.SELL, "2", "2998", "2")
        [trade] = kept.trades()
        assert (trade.source, trade.entry_slippage, trade.exit_slippage) == ("momentum", D(2), D(4))
        assert (trade.best, trade.worst, trade.net) == (D(200), D(-100), D(-8))
        assert memory.kept[trade.trade_id] == trade
        assert {"order", "fill"} <= {kind for kind, _ in memory.audited}


async def test_a_flip_is_two_trades() -> None:
    async with running() as scene:
        kept = archive(scene, Memory())
        traded(scene, Side.BUY, "1", "3000", "0")
        traded(scene, Side.SELL, "3", "3010", "1")
        closed, under_way = kept.trades()
        assert (closed.side, closed.closed_ms > 0, under_way.side, under_way.closed_ms) == (
            Side.BUY,
            True,
            Side.SELL,
            0,
        )
        assert under_way.entry_slippage == D(-20)


async def test_tags_and_notes_stay_over_a_restart(tmp_path: Path) -> None:
    async with running() as scene:
        memory = Memory()
        kept = archive(scene, memory)
        traded(scene, Side.BUY, "1", "3000", "0")
        traded(scene, Side.SELL, "1", "3010", "1")
        key = kept.trades()[0].trade_id
        kept.tag(key, (" late ", "late", "news"))
        kept.annotate(key, "Chased it.")
        again = archive(scene, memory)
        await again.restore()
        [trade] = again.trades()
        assert (trade.tags, trade.note, trade.source) == (("late", "news"), "Chased it.", "momentum")
        text = (await again.export_trades(tmp_path / "trades.csv")).read_text()
        assert "late; news" in text
        with pytest.raises(ConfigError, match="no trade"):
            again.tag("ETH/0/0", ("x",))


async def test_proposals_are_noted_and_audited_once_a_word_and_followed_when_rejected() -> None:
    async with running() as scene:
        memory = Memory()
        kept = archive(scene, memory)
        for state in (ProposalState.OPEN, ProposalState.OPEN, ProposalState.REJECTED):
            scene.desk.bus.publish(ProposalChanged(replace(a_proposal(), state=state)))
        assert [kind for _, kind in memory.noted] == ["open", "rejected"]
        assert [kind for kind, _ in memory.audited if kind in ("signal", "proposal")] == [
            "signal",
            "proposal",
            "proposal",
        ]
        assert [ghost.proposal_id for ghost in kept.ghosts.running] == ["p1"]
