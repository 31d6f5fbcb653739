"""A strategy's parameters, edited while it runs."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import ConfigError
from hlmaster.ui.dialogs.strategy_params import StrategyParamsDialog
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
