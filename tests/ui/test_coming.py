"""An empty place says what is on its way; it never says that there is none of what is not known yet."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import LinkChanged, LinkState
from hlmaster.ui.coming import COMPARED, CONNECTING, CUT_OFF, NOT_LISTED, account_lesson, market_lesson
from hlmaster.ui.panels.orders import OrdersPanel
from hlmaster.ui.panels.positions import PositionsPanel
from tests.ui.desks import trading, until


async def test_a_market_that_shows_nothing_says_what_comes_next(qtbot: QtBot) -> None:
    async with trading("ETH", start=False) as scene:
        assert market_lesson(scene.desk, "ETH", "book", "Soon.") == ("No book of ETH yet", CONNECTING)
        scene.bus.publish(LinkChanged(LinkState.RECONNECTING, "Cut.", attempt=1, retry_in_seconds=1.0))
        assert market_lesson(scene.desk, "ETH", "book", "Soon.")[1] == CUT_OFF
    async with trading("ETH") as scene:
        assert market_lesson(scene.desk, "ETH", "book", "Soon.") == ("Waiting for the book of ETH", "Soon.")
        assert market_lesson(scene.desk, "NOPE", "book", "Soon.") == ("NOPE is not listed", NOT_LISTED)


async def test_before_the_books_agree_no_table_says_that_nothing_is_open(qtbot: QtBot) -> None:
    async with trading("ETH", start=False) as scene:
        counts: list[int] = []
        for kind in (PositionsPanel, OrdersPanel):
            panel: QWidget = kind(scene.context)
            qtbot.addWidget(panel)
            assert isinstance(panel, PositionsPanel | OrdersPanel)
            panel.counted.connect(counts.append)
            panel.model.touch()
            panel.model.flush()
            assert panel.table._empty == (f"{panel.OF_ACCOUNT} are not known yet", COMPARED)
        assert set(counts) == {-1}
    async with trading("ETH") as scene:
        assert account_lesson(scene.desk, "Open positions") is None
        known = PositionsPanel(scene.context)
        qtbot.addWidget(known)
        assert known.table._empty == known.EMPTY


async def test_a_tab_counts_none_as_soon_as_that_is_known(qtbot: QtBot) -> None:
    async with trading("ETH", start=False) as scene:
        panel = OrdersPanel(scene.context)
        qtbot.addWidget(panel)
        counts: list[int] = []
        panel.counted.connect(counts.append)
        await scene.desk.start()
        await until(lambda: scene.desk.is_ready)
        panel._on_age()
        assert counts[-1] == 0
