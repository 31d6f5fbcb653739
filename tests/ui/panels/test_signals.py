"""Every signal, and what became of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import StorageError
from hlmaster.core.proposals import Proposal, ProposalChanged, ProposalState
from hlmaster.core.signals import Signal, SignalMade
from hlmaster.ui.dialogs.why_nothing import WhyNothingDialog
from hlmaster.ui.panels.signals import SignalsPanel
from tests.ui.decided import proposal, ready, signal, words
from tests.ui.desks import TradingScene, settled, shown, until
from tests.ui.panels.rows import text
from tests.ui.questions import met, on_screen


def told(scene: TradingScene) -> list[tuple[Signal, Proposal | None]]:
    said = words()
    for one, became in said:
        scene.bus.publish(SignalMade(one))
        if became is not None:
            scene.bus.publish(ProposalChanged(became))
    return said


def made(scene: TradingScene, qtbot: QtBot) -> SignalsPanel:
    panel = SignalsPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel)
    return panel


async def test_nothing_said_yet_teaches_what_to_do(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        assert panel.table._empty[0] == "No signals yet"
        assert "Arm one" in panel.table._empty[1]


async def test_signals_are_listed_newest_first_with_their_reason_and_what_became_of_them(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        said = told(scene)
        panel.model.flush()
        assert [row.signal.coin for row in panel.model.rows()] == ["HYPE", "BTC", "SOL", "ETH"]
        first, second, quiet, blocked = (one.key for one, _ in said)
        assert text(panel, first, "strategy") == "Triple confluence"
        assert text(panel, first, "coin") == "ETH LONG"
        assert text(panel, first, "confidence") == "0.81"
        assert text(panel, first, "state") == "placed"
        assert text(panel, second, "state") == "rejected: Rejected by you."
        assert text(panel, quiet, "state") == "nothing to trade"
        assert text(panel, quiet, "confidence") == ""
        assert text(panel, blocked, "state") == "blocked: 2 of 2 positions open."


async def test_what_becomes_of_a_signal_later_is_shown(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        one = signal(scene.clock.now_ms())
        scene.bus.publish(SignalMade(one))
        assert text(panel, one.key, "state") == "no proposal"
        for state in (ProposalState.OPEN, ProposalState.EXPIRED):
            scene.bus.publish(ProposalChanged(proposal(one, state)))
            assert text(panel, one.key, "state") == str(state)


async def test_strategy_and_coin_filter_the_rows_and_the_file(qtbot: QtBot, tmp_path: Path) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        told(scene)
        panel.model.flush()
        panel.strategy.choose("triple_confluence")
        assert {row.signal.coin for row in panel.model.rows()} == {"ETH", "BTC"}
        panel.coin.choose("ETH")
        panel.export(tmp_path / "signals.csv")
        lines = (tmp_path / "signals.csv").read_text().splitlines()
        assert len(lines) == 2
        assert "funding below its base" in lines[1]
        panel.coin.choose("SOL")
        assert panel.model.rows() == []
        assert panel.table._empty[0] == "No such signals"
        panel.strategy.choose("")
        assert [row.signal.coin for row in panel.model.rows()] == ["SOL"]


async def test_earlier_runs_are_read_once_and_what_was_heard_is_kept(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready() as scene:
        (old, became), (new, _) = words()[:2]

        async def signals(limit: int) -> list[Signal]:
            return [old]

        async def proposals(limit: int) -> list[Proposal]:
            assert became is not None
            return [became]

        monkeypatch.setattr(scene.desk.records, "signals", signals)
        monkeypatch.setattr(scene.desk.records, "proposals", proposals)
        panel = made(scene, qtbot)
        scene.bus.publish(SignalMade(new))
        await settled(scene)
        panel.model.flush()
        assert [row.signal.key for row in panel.model.rows()] == [new.key, old.key]
        assert text(panel, old.key, "state") == "placed"


async def test_a_memory_that_cannot_be_read_is_told_and_listening_goes_on(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready() as scene:

        async def signals(limit: int) -> list[Signal]:
            raise StorageError("The session's file cannot be read.", "Look at the disk.")

        monkeypatch.setattr(scene.desk.records, "signals", signals)
        panel = made(scene, qtbot)
        await settled(scene)
        panel.model.flush()
        assert panel.table._empty == ("Earlier signals cannot be read", "The session's file cannot be read.")
        assert "cannot be read" in scene.sentences()
        told(scene)
        panel.model.flush()
        assert len(panel.model.rows()) == 4


async def test_enter_on_a_signal_without_a_proposal_asks_why_nothing(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        one = signal(scene.clock.now_ms())
        scene.bus.publish(SignalMade(one))
        panel.model.flush()
        panel.table.selectRow(0)
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
        dialog = await met(WhyNothingDialog)
        assert dialog.strategy.currentText() == "Triple confluence"
        dialog.close()
        await until(lambda: on_screen(WhyNothingDialog) is None)


async def test_its_menu_narrows_the_list(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        said = told(scene)
        panel.model.flush()
        menu = QMenu(panel)
        panel.table.menu_wanted.emit(said[1][0].key, menu)
        next(action for action in menu.actions() if action.text() == "Only SOL").trigger()
        assert [row.signal.coin for row in panel.model.rows()] == ["SOL"]
