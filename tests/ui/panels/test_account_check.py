"""What reconciliation found, on a real desk."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from hlmaster.core.differences import Discrepancy
from hlmaster.ui.panels.account_check import AccountCheckPanel
from tests.ui.desks import NOW, shown, trading


async def test_nothing_apart_says_so_and_when_it_was_compared(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = AccountCheckPanel(scene.context)
        qtbot.addWidget(panel)
        shown(panel)
        panel._on_age()
        assert panel._checked.text().startswith("agrees, compared")
        assert panel.table._empty[0].startswith("Everything agrees, last compared")


async def test_differences_are_listed_newest_first_with_their_explanation(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = AccountCheckPanel(scene.context)
        qtbot.addWidget(panel)
        shown(panel)
        for n, subject in enumerate(("ETH fills", "ETH position")):
            scene.bus.publish(Discrepancy(subject, "0", "1", "The stream had not told.", NOW + n))
        panel.model.touch()
        panel.model.flush()
        assert [row.subject for row in panel.model.rows()] == ["ETH position", "ETH fills"]
        line = [str(panel.model.index(0, i).data()) for i in range(1, len(panel.model.columns))]
        assert line == ["ETH position", "0", "1", "The stream had not told."]
        assert [row.subject for row in scene.desk.differences.rows] == ["ETH fills", "ETH position"]


async def test_a_position_that_is_apart_now_stands_in_the_title(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = AccountCheckPanel(scene.context)
        qtbot.addWidget(panel)
        shown(panel)
        scene.desk.portfolio.agreement._since = {"ETH": 0}
        panel._on_age()
        assert panel._checked.text() == "ETH: position differs now"
