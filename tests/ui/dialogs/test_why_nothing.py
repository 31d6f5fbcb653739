"""Why is nothing happening: the gates of a strategy on a coin, live."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hlmaster.core.signals import Gate
from hlmaster.ui.dialogs.why_nothing import SHUT, WhyNothingDialog
from tests.ui.decided import ready
from tests.ui.desks import TradingScene
from tests.ui.questions import words

GATES = (
    Gate("feed fresh", True, "Every stream of it is fresh."),
    Gate("history loaded", False, "120 of 200 rows", "Rows of 1m are still missing; they come by themselves."),
    Gate("armed", False, "It is disarmed.", "Arm it."),
    Gate("idea", None, "It has said nothing yet."),
)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """Stays open behind a dialog: with the last window that closes Qt would end the loop."""
    behind = QWidget()
    qtbot.addWidget(behind)
    behind.show()
    return behind


def made(
    scene: TradingScene, window: QWidget, strategy: str = "triple_confluence", coin: str = "ETH"
) -> WhyNothingDialog:
    dialog = WhyNothingDialog(scene.context, strategy, "ETH", window)
    dialog.open()
    return dialog


async def test_the_first_red_gate_is_named_with_its_cure(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        monkeypatch.setattr(scene.desk.proposing, "why", lambda strategy, coin: GATES)
        dialog = made(scene, window)
        assert dialog.verdict.text() == "Nothing happens, because it has too little history yet."
        assert dialog.cure.text() == GATES[1].cure
        said = words(dialog.rows)
        assert "120 of 200 rows" in said
        assert GATES[1].cure not in said, "said once, above"
        assert "Arm it." not in said


async def test_a_real_strategy_that_is_disarmed_says_so(window: QWidget) -> None:
    async with ready() as scene:
        dialog = made(scene, window, "template")
        assert "It is disarmed." in words(dialog.rows)
        dialog.close()


async def test_it_follows_what_changes_and_what_is_chosen(window: QWidget, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        asked: list[tuple[str, str]] = []
        gates = list(GATES)

        def why(strategy: str, coin: str) -> tuple[Gate, ...]:
            asked.append((strategy, coin))
            return tuple(gates)

        monkeypatch.setattr(scene.desk.proposing, "why", why)
        dialog = made(scene, window)
        gates[:] = [Gate("feed fresh", True, "Fresh."), Gate("idea", None, "It has said nothing yet.")]
        dialog.look()
        assert dialog.verdict.text() == "Nothing happens yet. It has said nothing yet."
        gates[:] = [Gate("feed fresh", True, "Fresh.")]
        dialog.coin.setCurrentText("SOL")
        assert asked[-1] == ("triple_confluence", "SOL")
        assert dialog.verdict.text() == "Every gate is open."
        dialog.strategy.setCurrentIndex(dialog.strategy.findData("high_risk"))
        assert asked[-1] == ("high_risk", "SOL")


async def test_a_strategy_that_is_gone_is_explained_too(window: QWidget) -> None:
    async with ready() as scene:
        dialog = made(scene, window, "mine")
        assert dialog.verdict.text() == "Nothing happens, because this strategy cannot be found."
        assert "There is no strategy called mine." in words(dialog.rows)


async def test_every_gate_has_its_words(window: QWidget) -> None:
    async with ready() as scene:
        gates = scene.desk.proposing.why("triple_confluence", "ETH")
        assert {gate.name for gate in gates if gate.passed is False} <= set(SHUT)
