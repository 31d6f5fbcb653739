"""The dot's menu, clicked: another group, another coin, a timeframe of one's own."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from hlmaster.ui.link_dot import LinkDot
from hlmaster.ui.links import ALONE, GROUPS, MAIN
from hlmaster.ui.market_panel import MarketPanel
from tests.ui.market_desk import MarketScene, open_context


class Seen(MarketPanel):
    KEY, TITLE = "seen", "Seen"
    has_interval = True


@pytest.fixture
def dot(qtbot: QtBot) -> LinkDot:
    panel = Seen(open_context(MarketScene(), qtbot))
    made = LinkDot(panel, panel)
    qtbot.addWidget(panel)
    panel.show()
    return made


def opened(dot: LinkDot) -> QMenu:
    menu = dot.menu()
    menu.popup(dot.mapToGlobal(QPoint(0, dot.height())))
    return menu


def click(menu: QMenu, text: str) -> None:
    action = next(action for action in menu.actions() if action.text() == text)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def checked(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.isChecked()]


def test_a_click_on_a_group_joins_it_and_the_menu_ticks_it(dot: LinkDot) -> None:
    panel = dot._panel
    for group in (*GROUPS.values(), GROUPS[MAIN]):
        click(opened(dot), group.title)
        assert panel.link.name == group.name
        assert not dot.menu().isVisible()
        assert group.title in checked(opened(dot))
        assert group.title in dot.toolTip()
        assert group.title in dot.accessibleDescription()
        dot.menu().close()


def test_a_click_on_a_coin_is_for_its_group(dot: LinkDot) -> None:
    click(opened(dot), GROUPS[ALONE].title)
    coins = next(action.menu() for action in opened(dot).actions() if isinstance(action.menu(), QMenu))
    assert isinstance(coins, QMenu)
    assert checked(coins) == ["ETH"]
    coins.popup(QPoint(10, 10))
    click(coins, "SOL")
    assert dot._panel.coin == "SOL"
    assert dot._panel.context.coin == "ETH", "a panel alone moves nobody"


def test_a_click_lets_the_panel_keep_a_timeframe_of_its_own(dot: LinkDot) -> None:
    shares: QAction = next(action for action in opened(dot).actions() if action.text() == "Timeframe of the group")
    assert shares.isChecked()
    click(dot.menu(), "Timeframe of the group")
    assert not dot._panel.shares_interval


def test_escape_changes_nothing(dot: LinkDot) -> None:
    QTest.keyClick(opened(dot), Qt.Key.Key_Escape)
    assert not dot.menu().isVisible()
    assert dot._panel.link.name == MAIN
