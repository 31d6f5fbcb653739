"""Taking over, handing back, vetoing and swapping are where the position is, and only what can be done is offered."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from hlmaster.ui.leading_menu import add_leading, leading_sentence
from hlmaster.ui.panels.positions import PositionsPanel
from tests.ui.desks import TradingScene, shown, until
from tests.ui.proposals import STRATEGY, Cards, deciding


def menu_of(scene: TradingScene, qtbot: QtBot) -> QMenu:
    menu = QMenu()
    qtbot.addWidget(menu)
    add_leading(menu, scene.context, "ETH")
    return menu


def entries(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def choose(menu: QMenu, beginning: str) -> None:
    found = [action for action in menu.actions() if action.text().startswith(beginning)]
    found[0].trigger()


async def held(cards: Cards) -> None:
    outcome = await cards.proposing.approve(cards.open().proposal_id)
    assert outcome.ok, outcome.sentence
    await until(lambda: cards.scene.desk.portfolio.size("ETH"))


async def test_a_strategys_position_is_taken_over_and_handed_back(qtbot: QtBot) -> None:
    async with deciding() as cards:
        await held(cards)
        scene = cards.scene
        assert leading_sentence(scene.desk, "ETH").startswith("confluence leads it")
        choose(menu_of(scene, qtbot), "Take over")
        assert leading_sentence(scene.desk, "ETH").startswith("You took it over from confluence")
        offered = menu_of(scene, qtbot)
        assert not any(text.startswith("Take over") for text in entries(offered))
        choose(offered, "Hand back to confluence")
        assert leading_sentence(scene.desk, "ETH").startswith("confluence leads it")
        assert "is confluence's again" in scene.sentences()


async def test_a_strategy_is_vetoed_for_a_time(qtbot: QtBot) -> None:
    async with deciding() as cards:
        await held(cards)
        menu = menu_of(cards.scene, qtbot)
        vetoes = next(m for m in menu.findChildren(QMenu) if m.title().startswith("No new idea of confluence"))
        choose(vetoes, "15 minutes")
        now = cards.scene.clock.now_ms()
        assert cards.proposing.ownership.vetoed_until(STRATEGY, "ETH", now) is not None


async def test_a_position_by_hand_offers_no_handing_back(qtbot: QtBot) -> None:
    async with deciding() as cards:
        assert leading_sentence(cards.scene.desk, "ETH") == "Yours: no strategy touches it."
        assert not any("over" in text or "back" in text for text in entries(menu_of(cards.scene, qtbot)))


async def test_the_positions_panel_names_who_leads_and_who_was_relieved(qtbot: QtBot) -> None:
    async with deciding() as cards:
        panel = PositionsPanel(cards.scene.context)
        qtbot.addWidget(panel)
        shown(panel)
        await held(cards)
        view = cards.scene.desk.portfolio.position("ETH")
        assert view is not None
        assert panel._led_by(view).text == "confluence"
        cards.proposing.take_over("ETH")
        assert panel._led_by(view).detail == "taken over"
