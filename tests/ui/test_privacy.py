"""With privacy on nothing in the window shows what the account is worth or how much is traded."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.events import Severity
from hlmaster.core.model import Side
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui import figures
from tests.ui.desks import until
from tests.ui.proposals import deciding
from tests.ui.seen import painted, texts
from tests.ui.windows import opened

D = Decimal
SIZE = D("0.4273")
LOOKS = 10
HELP = "_Browser Help page"
MONEY = re.compile(r"\$\s?\d|0[.]4273|9,9\d\d|10,0[1-9]\d|99\d\d\.")
"""Any amount, the size of the position, and the account's worth of ten thousand less a fee."""


@pytest.fixture(autouse=True)
def seen_again() -> Iterator[None]:
    yield
    figures.hide_money(False)


async def test_no_panel_title_tip_or_notice_tells_money_or_sizes(qtbot: QtBot, tmp_path: Path) -> None:
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    settings = Settings.model_validate({"protection": {"stop": "off"}, "market": {"watchlist": ("ETH",)}})
    async with deciding("ETH", settings=settings) as cards, opened(cards.scene, tmp_path) as window:
        scene, switch = cards.scene, window.findChild(QPushButton, "privacy")
        assert switch is not None
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, SIZE))
        await scene.desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, SIZE, D("3400.1")))
        await until(scene.desk.portfolio.positions)
        cards.say("ETH")
        window.context.notify(Severity.WARNING, f"Bought {SIZE} ETH; $9,998.72 are left.", "TST-1", "Pay $5.00 more.")
        await scene.account_told()
        await asyncio.sleep(0.3)
        told = {where for where, text in texts(window) if MONEY.search(text)}
        assert {"painted", "TableModel"} <= told, "the scan finds them while they are shown"
        assert window.context.actions.run("view.privacy")
        for _ in range(LOOKS):  # as long as panels have not come to their turn on a busy machine
            await asyncio.sleep(0.3)
            for dock in window.docks.values():
                dock.raise_()
                await asyncio.sleep(0)
            left = [(where, text) for where, text in texts(window) if MONEY.search(text) and where != HELP]
            if not left:
                break
        left += [(key, text) for key, dock in window.docks.items() for text in painted(dock) if MONEY.search(text)]
        assert not left, "\n".join(map(str, left))
        assert (switch.isChecked(), switch.text()) == (True, "•••• hidden")
        assert any(figures.HIDDEN in text for text in painted(window)), "a picture of the window shows as little"
        assert "privacy = true" in (tmp_path / "settings.toml").read_text()
        switch.click()
        assert not scene.desk.settings.general.privacy
        assert any(MONEY.search(text) for _, text in texts(window))
