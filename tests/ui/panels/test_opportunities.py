"""What strategies watch: the ready first, checks by name, gone when let go; a click brings the coin into focus."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.core.signals import Check, Direction, Opportunity, OpportunityChanged
from hlmaster.ui.panels.opportunities import EMPTY, OpportunitiesPanel, caption, order, tool_tip, words
from tests.ui.desks import until
from tests.ui.market_desk import NOW, MarketScene, open_context, shown


def seen(coin: str, *passed: bool | None, since_ms: int = NOW) -> Opportunity:
    names = ("momentum", "book", "volume")
    checks = tuple(Check(name, ok, "12 s") for name, ok in zip(names, passed, strict=False))
    return Opportunity("scalper", coin, Direction.LONG, "momentum +0.05 % in 5 s", checks, since_ms)


def test_the_ready_come_first_then_who_lacks_least() -> None:
    rows = [seen("ARB", False, None, True), seen("SOL", True, True, None), seen("ETH", True, True, True)]
    assert [row.coin for row in sorted(rows, key=order)] == ["ETH", "SOL", "ARB"]


def test_words_tell_every_check() -> None:
    row = seen("ETH", True, False, None)
    assert words(row) == "ETH long: momentum +0.05 % in 5 s, watching; momentum passed, book failed, volume open"
    assert caption(row.checks[1]) == "book 12 s"
    assert caption(row.checks[0]) == "momentum"
    assert "watched for 3s by The Scalper" in tool_tip(row, NOW + 3_000, lambda name: "The " + name.title())


async def test_rows_come_change_and_go(qtbot: QtBot) -> None:
    scene = MarketScene()
    panel = OpportunitiesPanel(open_context(scene, qtbot))
    shown(panel, qtbot)
    counts: list[int] = []
    panel.counted.connect(counts.append)
    assert panel.list.accessibleName() == EMPTY
    for coin in ("ETH", "SOL"):
        row = seen(coin, True, coin == "SOL")
        scene.bus.publish(OpportunityChanged("scalper", coin, row))
    await until(lambda: [row.coin for row in panel.list.rows] == ["SOL", "ETH"])
    scene.bus.publish(OpportunityChanged("scalper", "SOL", None))
    await until(lambda: [row.coin for row in panel.list.rows] == ["ETH"])
    assert counts == [1, 2, 1]


async def test_a_click_or_enter_brings_the_coin_into_focus(qtbot: QtBot) -> None:
    scene = MarketScene()
    context = open_context(scene, qtbot)
    panel = OpportunitiesPanel(context)
    shown(panel, qtbot)
    for coin in ("SOL", "HYPE"):
        scene.bus.publish(OpportunityChanged("scalper", coin, seen(coin, coin == "SOL")))
    await until(lambda: len(panel.list.rows) == 2)
    panel.list.repaint()
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert context.coin == "SOL"
    (_, _), (top, _) = panel.list._tops
    QTest.mouseClick(panel.list, Qt.MouseButton.LeftButton, pos=QPoint(20, round(top) + 4))
    assert context.coin == "HYPE"
