"""Where a strategy runs, and whether it votes."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.signals import Regime
from hlmaster.ui.dialogs.strategy_scope import StrategyScopeDialog
from hlmaster.ui.regimes import UNKNOWN, regimes_now
from tests.ui.decided import ready
from tests.ui.desks import TradingScene

NAME = "momentum_scalper"


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Stays open behind a dialog: with the last window that closes Qt would end the loop."""
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    return behind


def scope(scene: TradingScene, window: QWidget) -> StrategyScopeDialog:
    dialog = StrategyScopeDialog(scene.context, scene.desk.engine.card(NAME), window)
    dialog.open()
    return dialog


async def test_coins_and_role_are_chosen(window: QWidget) -> None:
    async with ready() as scene:
        dialog = scope(scene, window)
        assert dialog.watchlist.isChecked()
        assert dialog.solo.isChecked()
        dialog.coins.setText("eth, SOL eth")
        dialog.named.setChecked(True)
        dialog.group.setText("trend")
        dialog.voter.setChecked(True)
        dialog.yes.click()
        entry = scene.desk.roster.entry(NAME)
        assert (entry.coins, entry.role) == (("ETH", "SOL"), "voter:trend")
        again = scope(scene, window)
        assert again.coins.text() == "ETH, SOL"
        assert again.group.text() == "trend"
        again.watchlist.setChecked(True)
        again.solo.setChecked(True)
        again.yes.click()
        entry = scene.desk.roster.entry(NAME)
        assert (entry.coins, entry.role) == ("watchlist", "solo")


@pytest.mark.parametrize(
    ("coins", "group", "sentence"),
    [
        ("", "", "Name at least one coin"),
        ("ETH, NOSUCH", "", "The exchange lists no NOSUCH."),
        ("ETH", "my group!", "There is no role"),
    ],
)
async def test_what_cannot_be_is_said_and_changes_nothing(
    window: QWidget, coins: str, group: str, sentence: str
) -> None:
    async with ready() as scene:
        dialog = scope(scene, window)
        dialog.coins.setText(coins)
        dialog.named.setChecked(True)
        if group:
            dialog.group.setText(group)
            dialog.voter.setChecked(True)
        dialog.yes.click()
        assert sentence in dialog.problem.text()
        assert dialog.isVisible()
        assert scene.desk.roster.entry(NAME).coins == "watchlist"


async def test_the_regimes_in_which_it_opens_are_chosen(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        dialog = scope(scene, window)
        assert dialog.always.isChecked()
        dialog.only.setChecked(True)
        dialog.yes.click()
        assert "Choose one regime" in dialog.problem.text()
        for regime in (Regime.RANGE, Regime.TREND):
            dialog.regimes[regime].click()
        assert dialog.only.isChecked()
        dialog.yes.click()
        assert scene.desk.roster.entry(NAME).regimes == ("trend", "range")
        again = scope(scene, window)
        assert [box.isChecked() for box in again.regimes.values()] == [True, True, False]
        again.always.setChecked(True)
        again.yes.click()
        assert scene.desk.roster.entry(NAME).regimes == ()


def test_the_present_regimes_read_as_one_sentence() -> None:
    known = {"BTC": Regime.RANGE, "ETH": Regime.TREND, "SOL": Regime.RANGE}
    assert regimes_now(known.get, ["BTC", "ETH", "SOL", "HYPE"]) == "Now: trend on ETH; range on BTC, SOL."
    assert regimes_now(known.get, ["HYPE"]) == UNKNOWN
    many = regimes_now(lambda coin: Regime.VOLATILE, [f"C{n}" for n in range(20)])
    assert many.endswith("C7 and 12 more.")
