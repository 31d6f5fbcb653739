"""The list of strategies and what can be done from it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import ConfigError
from hlmaster.core.proposals import Policy, ProposalChanged
from hlmaster.core.records import TradesRestored
from hlmaster.core.signals import Check, Gate, SignalMade
from hlmaster.strategies.card import Standing
from hlmaster.ui.dialogs.challenger import ChallengerDialog
from hlmaster.ui.dialogs.confirm import Confirm
from hlmaster.ui.dialogs.strategy_params import StrategyParamsDialog
from hlmaster.ui.dialogs.why_nothing import WhyNothingDialog
from hlmaster.ui.form_fields import Numeric
from hlmaster.ui.panels.strategies import StrategiesPanel
from hlmaster.ui.strategy_state import state_of
from tests.ui.decided import proposal, ready, running, signal, trades
from tests.ui.desks import TradingScene, settled, shown, trading, until
from tests.ui.panels.rows import text
from tests.ui.questions import met, on_screen, words

D = Decimal
NAMES = 10
SCALPER = "momentum_scalper"


def made(scene: TradingScene, qtbot: QtBot) -> StrategiesPanel:
    panel = StrategiesPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel, 1400, 320)
    panel.model.flush()
    return panel


def choose(panel: StrategiesPanel, name: str) -> None:
    panel.table.selectRow(panel.model.position(name))
    panel.table.setFocus()


def menu_of(panel: StrategiesPanel, name: str) -> QMenu:
    menu = QMenu(panel)
    panel.table.menu_wanted.emit(name, menu)
    return menu


async def test_before_the_desk_is_connected_it_says_what_will_come(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        panel = made(scene, qtbot)
        assert panel.model.rows() == []
        assert panel.table._empty[0] == "No strategies yet"
        assert panel.help_page() == "writing_a_strategy"


async def test_every_strategy_is_listed_and_the_chosen_one_explained(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        assert len(panel.model.rows()) == NAMES
        choose(panel, "triple_confluence")
        about = panel.details.text.toPlainText()
        assert "all three or nothing" in about
        assert "Funding band" in about
        assert panel.help_page() == "strategies/triple_confluence"


async def test_each_state_reads_as_what_it_is(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        cards = running(scene, monkeypatch)
        panel = made(scene, qtbot)
        assert text(panel, "adaptive_ema", "state") == "broken"
        assert text(panel, "template", "state") == "disarmed"
        choose(panel, "adaptive_ema")
        assert "division by zero" in panel.details.text.toPlainText()
        assert "arm it again" in panel.details.text.toPlainText()
        one = next(card for card in cards if card.name == "triple_confluence")
        assert state_of(one, ["120 of 200 rows"] * 4)[0] == "warming up 120 of 200 · 4 coins"
        assert state_of(one, ())[0] == "ready"
        failed = replace(one, checks=(Check("look-ahead", False, "row 12 changed"),))
        assert state_of(failed, ())[0] == "check failed: look-ahead"
        assert state_of(replace(one, coins=()), ())[0] == "no coins"
        ready_now = replace(one, standing=Standing.GETTING_READY)
        assert state_of(ready_now, ())[0] == "getting ready"


async def test_history_is_asked_for_until_it_is_whole(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        running(scene, monkeypatch)
        asked: list[str] = []
        rows = [120]

        def gates(name: str, coin: str) -> tuple[Gate, ...]:
            asked.append(coin)
            return (Gate("history loaded", rows[0] == 200, f"{rows[0]} of 200 rows"),)

        monkeypatch.setattr(scene.desk.engine, "gates", gates)
        panel = made(scene, qtbot)
        assert text(panel, "triple_confluence", "state") == "warming up 120 of 200 · 4 coins"
        rows[0] = 200
        panel.model.touch()
        assert text(panel, "triple_confluence", "state") == "ready"
        asked.clear()
        panel.model.touch()
        panel.model.flush()
        assert asked == []


async def test_what_it_said_and_made_is_counted(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        scene.bus.publish(TradesRestored(tuple(trades())))
        panel = made(scene, qtbot)
        now = scene.clock.now_ms()
        for n in range(2):
            scene.bus.publish(SignalMade(signal(now + n)))
        scene.bus.publish(ProposalChanged(proposal(signal(now), created_ms=now)))
        panel.model.flush()
        assert text(panel, "triple_confluence", "signals") == "2"
        assert text(panel, "triple_confluence", "proposals") == "1"
        assert text(panel, "triple_confluence", "net") == "+$8.59"
        assert text(panel, "template", "net") == "–"


async def test_arming_asks_after_the_warning_was_read(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        armed: list[str] = []
        monkeypatch.setattr(scene.desk.engine, "arm", armed.append)
        panel = made(scene, qtbot)
        choose(panel, "high_risk")
        for answer in (False, True):
            QTest.keyClick(panel.table, Qt.Key.Key_A)
            question = await met(Confirm)
            (question.yes if answer else question.no).click()
            await settled(scene)
            await until(lambda: on_screen(Confirm) is None)
        assert armed == ["high_risk"]
        choose(panel, "template")
        QTest.keyClick(panel.table, Qt.Key.Key_A)
        await settled(scene)
        assert armed == ["high_risk", "template"]


async def test_a_strategy_that_cannot_be_armed_says_why(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:

        def arm(name: str) -> None:
            raise ConfigError("Template cannot be armed: look-ahead: row 12 changed", "Correct its code.")

        monkeypatch.setattr(scene.desk.engine, "arm", arm)
        panel = made(scene, qtbot)
        panel.table.acted.emit("template", "arm")
        await settled(scene)
        assert "cannot be armed" in scene.sentences()


async def test_the_keys_disarm_open_parameters_and_ask_why(qtbot: QtBot) -> None:
    async with ready() as scene:
        scene.desk.roster.change("template", armed=True)
        panel = made(scene, qtbot)
        choose(panel, "template")
        QTest.keyClick(panel.table, Qt.Key.Key_A)
        assert not scene.desk.roster.entry("template").armed
        for key, kind in ((Qt.Key.Key_Return, StrategyParamsDialog), (Qt.Key.Key_W, WhyNothingDialog)):
            QTest.keyClick(panel.table, key)
            dialog = await met(kind)
            dialog.close()
            await until(lambda kind=kind: on_screen(kind) is None)  # type: ignore[misc]


async def test_its_menu_sets_the_policy(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        menu = menu_of(panel, "template")
        policies = next(action.menu() for action in menu.actions() if action.text() == "Policy")
        assert isinstance(policies, QMenu)
        assert [action.isChecked() for action in policies.actions()] == [False, True, False]
        policies.actions()[0].trigger()
        assert scene.desk.roster.entry("template").policy is Policy.OBSERVE
        assert text(panel, "template", "policy") == "observe"


async def test_a_policy_that_is_capped_says_so(qtbot: QtBot) -> None:
    async with ready() as scene:
        scene.desk.roster.change("template", policy=Policy.AUTO)
        panel = made(scene, qtbot)
        assert text(panel, "template", "policy") == "ask"
        row = panel.model.get("template")
        hint = next(column.hint for column in panel.model.columns if column.key == "policy")
        assert hint is not None
        assert "Its own is auto; the overall one caps it." in hint(row)


async def test_a_file_that_did_not_load_offers_only_to_be_loaded_anew(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready() as scene:
        cards = scene.desk.engine.cards()
        lost = replace(cards[0], params=None, standing=Standing.BROKEN, broken="mine.py, line 3: invalid syntax.")
        monkeypatch.setattr(scene.desk.engine, "cards", lambda: [lost])
        reloaded: list[bool] = []
        monkeypatch.setattr(scene.desk.engine, "reload", lambda: reloaded.append(True))
        panel = made(scene, qtbot)
        choose(panel, lost.name)
        assert [action.text() for action in menu_of(panel, lost.name).actions()] == ["Load anew\tL"]
        assert "invalid syntax" in panel.details.text.toPlainText()
        assert not panel.details.buttons["parameters"].isVisible()
        QTest.keyClick(panel.table, Qt.Key.Key_L)
        assert reloaded == [True]


async def test_a_desk_without_a_folder_says_so(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        panel._open_folder()
        assert "no folder of strategies" in scene.sentences()


async def test_a_challenger_is_started_compared_and_stopped(qtbot: QtBot, tmp_path: Path) -> None:
    async with ready() as scene:
        keep_challengers_in(scene, tmp_path)
        panel = made(scene, qtbot)
        choose(panel, SCALPER)
        assert panel.details.buttons["challenge"].isVisible()
        panel.details.buttons["challenge"].click()
        dialog = await met(ChallengerDialog)
        assert not dialog.ok.isEnabled()
        editor = dialog.form.row("stop").editor
        assert isinstance(editor, Numeric)
        editor.line.setText("0.25")
        dialog.ok.click()
        await settled(scene)
        assert "trades on paper with other parameters" in scene.sentences()
        (one,) = scene.desk.challengers.all()
        assert one.changes == {"stop": 0.25}
        panel.model.flush()
        assert panel.details.buttons["withdraw"].isVisible()
        assert not panel.details.buttons["challenge"].isVisible()
        page = panel.details.text.toPlainText()
        assert "The challenger is level with its champion." in page
        assert "0.15 %" in page
        assert "0.25 %" in page
        assert "1 challenged on paper" in panel.summary.text()
        assert "Stop its challenger" in [action.text() for action in menu_of(panel, SCALPER).actions()]
        panel.details.buttons["withdraw"].click()
        await settled(scene)
        assert scene.desk.challengers.all() == []
        panel.model.flush()
        assert panel.details.buttons["challenge"].isVisible()


async def test_its_parameters_are_adopted_after_they_were_read(qtbot: QtBot, tmp_path: Path) -> None:
    async with ready() as scene:
        keep_challengers_in(scene, tmp_path)
        assert (await scene.desk.challengers.start(SCALPER, {"stop": 0.25})).ok
        panel = made(scene, qtbot)
        choose(panel, SCALPER)
        for answer in (False, True):
            panel.details.buttons["adopt"].click()
            question = await met(Confirm)
            assert "Stop: 0.25 % instead of 0.15 %" in words(question)
            (question.yes if answer else question.no).click()
            await settled(scene)
            await until(lambda: on_screen(Confirm) is None)
        assert scene.desk.roster.entry(SCALPER).params == {"stop": 0.25}
        assert scene.desk.challengers.all() == []


async def test_regimes_are_told_where_they_count(qtbot: QtBot) -> None:
    async with ready() as scene:
        scene.desk.engine.set_regimes("template", ("trend", "range"))
        panel = made(scene, qtbot)
        choose(panel, "template")
        panel.model.flush()
        assert "Opens in trend and range only." in panel.details.text.toPlainText()


def keep_challengers_in(scene: TradingScene, folder: Path) -> None:
    """Where challengers keep what they do."""
    scene.desk.challengers._folder = folder
