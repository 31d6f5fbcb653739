"""What can be changed about a strategy: its parameters, its coins and role, and where it may lead."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import ConfigError
from hlmaster.desk.outcome import Outcome
from hlmaster.ui.dialogs.leading import SwapDialog, VetoDialog
from hlmaster.ui.dialogs.strategy_params import StrategyParamsDialog
from hlmaster.ui.dialogs.strategy_scope import StrategyScopeDialog
from hlmaster.ui.form_fields import Numeric
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


def parameters(scene: TradingScene, window: QWidget) -> StrategyParamsDialog:
    dialog = StrategyParamsDialog(scene.context, scene.desk.engine.card(NAME), window)
    dialog.open()
    return dialog


def type_in(dialog: StrategyParamsDialog, key: str, text: str) -> None:
    editor = dialog.form.row(key).editor
    assert isinstance(editor, Numeric)
    editor.line.setText(text)


def scope(scene: TradingScene, window: QWidget) -> StrategyScopeDialog:
    dialog = StrategyScopeDialog(scene.context, scene.desk.engine.card(NAME), window)
    dialog.open()
    return dialog


async def test_parameters_are_applied_to_the_next_decision(window: QWidget) -> None:
    async with ready() as scene:
        dialog = parameters(scene, window)
        assert not dialog.apply_button.isEnabled()
        type_in(dialog, "stop", "0.25")
        assert dialog.message.text() == "1 change"
        dialog.apply_button.click()
        assert "They count once it is armed." in dialog.message.text()
        assert scene.desk.roster.entry(NAME).params == {"stop": 0.25}
        assert dialog.form.row("stop").origin_text == "your choice"
        dialog.ok.click()
        assert not dialog.isVisible()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stop": "99"}, "It must be at least"),
        ({"take_profit": "0.05"}, "more than a round trip costs"),
        ({"span": "x"}, "number"),
    ],
)
async def test_what_is_not_allowed_is_said_and_not_applied(
    window: QWidget, changes: dict[str, str], sentence: str
) -> None:
    async with ready() as scene:
        dialog = parameters(scene, window)
        for key, value in changes.items():
            type_in(dialog, key, value)
        assert not dialog.ok.isEnabled()
        assert not dialog.apply_button.isEnabled()
        assert sentence in " ".join(dialog.form.problems.values())
        assert not dialog.apply()
        assert scene.desk.roster.entry(NAME).params == {}


async def test_all_defaults_is_one_button(window: QWidget) -> None:
    async with ready() as scene:
        scene.desk.engine.set_params(NAME, {"stop": 0.25, "most_open": 3})
        dialog = parameters(scene, window)
        dialog.reset.click()
        assert dialog.message.text() == "2 changes"
        dialog.ok.click()
        assert scene.desk.roster.entry(NAME).params == {}


async def test_a_refusal_of_the_engine_is_shown(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:

        def refuse(name: str, changes: dict[str, Any]) -> None:
            raise ConfigError("It is gone.", "Load it anew.")

        monkeypatch.setattr(scene.desk.engine, "set_params", refuse)
        dialog = parameters(scene, window)
        type_in(dialog, "stop", "0.25")
        dialog.ok.click()
        assert dialog.isVisible()
        assert "It is gone." in dialog.message.text()


async def test_coins_and_role_are_chosen(window: QWidget) -> None:
    async with ready() as scene:
        dialog = scope(scene, window)
        assert dialog.watchlist.isChecked()
        assert dialog.solo.isChecked()
        dialog.coins.setText("eth, SOL eth")
        dialog.named.setChecked(True)
        dialog.group.setText("trend")
        dialog.voter.setChecked(True)
        dialog.ok.click()
        entry = scene.desk.roster.entry(NAME)
        assert (entry.coins, entry.role) == (("ETH", "SOL"), "voter:trend")
        again = scope(scene, window)
        assert again.coins.text() == "ETH, SOL"
        assert again.group.text() == "trend"
        again.watchlist.setChecked(True)
        again.solo.setChecked(True)
        again.ok.click()
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
        dialog.ok.click()
        assert sentence in dialog.problem.text()
        assert dialog.isVisible()
        assert scene.desk.roster.entry(NAME).coins == "watchlist"


async def test_a_veto_and_its_end_are_told(window: QWidget) -> None:
    async with ready() as scene:
        card = scene.desk.engine.card(NAME)
        for index, sentence in ((1, "vetoed on ETH for 3600 s"), (4, "may propose ETH again")):
            dialog = VetoDialog(scene.context, card, window)
            dialog.open()
            dialog.time.setCurrentIndex(index)
            dialog.yes.click()
            assert sentence in scene.sentences()
            assert not dialog.isVisible()


async def test_a_coin_is_given_to_a_strategy(window: QWidget) -> None:
    async with ready() as scene:
        dialog = SwapDialog(scene.context, scene.desk.engine.card(NAME), window)
        dialog.open()
        answers: list[Outcome] = []
        dialog.answered.connect(answers.append)
        dialog.how.setCurrentIndex(1)
        dialog.yes.click()
        assert answers[0].ok
        assert "(keep)" in answers[0].sentence
