"""Fills on a real desk."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from pytestqt.qtbot import QtBot

from hlmaster.core.events import FillsReported, SessionRestored
from hlmaster.core.model import Side
from hlmaster.core.orders import CashMove
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.panels.fills import FillsPanel
from tests.trading.scenes import fill
from tests.ui.desks import NOW, shown, trading

D = Decimal


def line(panel: FillsPanel, row: int) -> list[str]:
    return [str(panel.model.index(row, i).data()) for i in range(1, len(panel.model.columns))]


async def test_a_fill_shows_its_order_fee_and_what_it_realised_newest_first(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = FillsPanel(scene.context)
        qtbot.addWidget(panel)
        shown(panel)
        manual = scene.desk.manual
        await manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5")))
        scene.tell("ETH", 3_444.6)
        await manual.close("ETH")
        panel.model.flush()
        newest = line(panel, 0)
        assert newest[:2] == ["ETH SELL", "Market"]
        assert newest[5] == "$0.78 taker"
        assert newest[6].startswith("+$4.")
        assert line(panel, 1)[0] == "ETH BUY"
        assert line(panel, 1)[6] == ""


async def test_liquidations_rebates_and_foreign_fills_are_told_apart(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = FillsPanel(scene.context)
        qtbot.addWidget(panel)
        fills = (
            fill(Side.BUY, "1", "3000", NOW + 1, fee=D("-0.3"), is_maker=True),
            fill(Side.SELL, "1", "2900", NOW + 2, liquidation=True),
        )
        scene.bus.publish(FillsReported(fills))
        scene.bus.publish(FillsReported(fills))
        panel.model.flush()
        assert len(panel.model.rows()) == 2
        assert line(panel, 0)[1] == "Liquidation"
        assert line(panel, 1)[1] == "Placed elsewhere"
        assert line(panel, 1)[5] == "-$0.30 maker"
        assert panel.totals is not None
        assert panel.totals.sums["fee"].text == "-$0.30"
        assert panel.totals.sums["realised"].text == "-$100.00"


async def test_what_the_session_remembers_appears_though_the_window_was_there_first(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        panel = FillsPanel(scene.context)
        qtbot.addWidget(panel)
        scene.store.saved_cash.append(CashMove(NOW, D(10_000), "deposit", "x"))
        scene.store.saved_fills.append(fill(Side.BUY, "1", "3000", NOW + 1))
        await scene.desk.portfolio.restore()
        scene.bus.publish(SessionRestored())
        panel.model.flush()
        assert len(panel.model.rows()) == 1


async def test_five_thousand_fills_go_into_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    async with trading() as scene:
        panel = FillsPanel(scene.context)
        qtbot.addWidget(panel)
        one = fill(Side.BUY, "0.001", "3000")
        scene.bus.publish(FillsReported(tuple(replace(one, trade_id=i, time_ms=NOW + i) for i in range(5_000))))
        panel.model.flush()
        panel.export(tmp_path / "fills.csv")
        lines = (tmp_path / "fills.csv").read_text("utf-8").splitlines()
        assert lines[0] == "time,coin,type,price,size,notional,fee,realised"
        assert len(lines) == 5_001
        assert "5,000 rows written" in scene.sentences()


async def test_a_file_that_cannot_be_written_is_named(qtbot: QtBot, tmp_path: Path) -> None:
    async with trading() as scene:
        panel = FillsPanel(scene.context)
        qtbot.addWidget(panel)
        panel.export(tmp_path / "absent" / "fills.csv")
        assert "could not be written" in scene.sentences()
