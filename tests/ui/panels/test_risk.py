"""Limits, breakers and safeguards as the panel shows them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from hlmaster.desk.risk import RESUME_SENTENCE
from hlmaster.trading.risk.board import RiskRow
from hlmaster.trading.risk.breakers.breakers import DRAWDOWN, HALT, Trip
from hlmaster.trading.risk.loosening import Waiting
from hlmaster.ui.dialogs.lockout import LockoutDialog
from hlmaster.ui.dialogs.typed_sentence import TypedSentenceDialog
from hlmaster.ui.panels.risk import RiskPanel
from tests.ui.desks import TradingScene, shown, trading, until
from tests.ui.panels.rows import text
from tests.ui.questions import met, words

HOUR_MS = 3_600_000


def made(scene: TradingScene, qtbot: QtBot) -> RiskPanel:
    panel = RiskPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel, 1400, 320)
    panel.model.flush()
    return panel


async def test_before_the_books_agree_it_says_when_limits_come(qtbot: QtBot) -> None:
    async with trading(start=False) as scene:
        panel = made(scene, qtbot)
        assert panel.model.rows() == []
        assert panel.table._empty[0] == "No limits to show yet"


async def test_every_limit_breaker_and_safeguard_has_a_row(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = made(scene, qtbot)
        titles = [row.title for row in panel.model.rows()]
        for title in ("Day's loss", "Drawdown", "Loss of the session", "Losing streak", "Own safeguards"):
            assert title in titles
        assert text(panel, DRAWDOWN, "state") == "fine"
        assert "fresh peak" in text(panel, DRAWDOWN, "sentence")
        assert "Nothing stands against new risk" in words(panel.state)


async def test_what_is_near_or_reached_stands_out(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as scene:
        rows = [
            RiskRow("a", "Open positions", "2", "2", 1.0, False, "Open positions: 2 of 2; nothing more."),
            RiskRow("b", "Exposure", "17 %", "20 %", 0.85, True, ""),
            RiskRow("c", "Hours", "now", "", None, True, ""),
            RiskRow("d", "Odd", "1", "0", float("inf"), False, "Too much."),
        ]
        monkeypatch.setattr(scene.desk.risk, "rows", lambda coin: rows)
        panel = made(scene, qtbot)
        assert [text(panel, key, "state") for key in "abcd"] == ["reached", "near", "fine", "reached"]
        assert [text(panel, key, "used") for key in "abcd"] == ["100%", "85%", "", "999%"]
        assert text(panel, "a", "sentence") == "Open positions: 2 of 2; nothing more."


async def test_a_tripped_breaker_shows_its_clock(qtbot: QtBot) -> None:
    async with trading() as scene:
        now = scene.clock.now_ms()
        scene.desk.risk.breakers.tripped[DRAWDOWN] = Trip("7.2 % below the peak.", now, now + HOUR_MS)
        panel = made(scene, qtbot)
        said = words(panel.state)
        assert "7.2 % below the peak." in said
        assert "in 59m" in said or "in 1h" in said
        assert text(panel, DRAWDOWN, "state") == "reached"
        del scene.desk.risk.breakers.tripped[DRAWDOWN]
        panel.state.look()
        assert [note.key for note in panel.state.notes] == []


async def test_a_halt_is_unlocked_only_by_the_typed_sentence(qtbot: QtBot) -> None:
    async with trading() as scene:
        risk = scene.desk.risk
        risk.breakers.tripped[HALT] = Trip("20 % of the session are lost.", scene.clock.now_ms(), None)
        panel = made(scene, qtbot)
        assert "until you unlock it" in words(panel.state)
        panel.state.buttons[HALT].click()
        dialog = await met(TypedSentenceDialog)
        dialog.line.setText("yes, please")
        assert not dialog.yes.isEnabled()
        dialog.line.setText(f" {RESUME_SENTENCE}. ")
        dialog.yes.click()
        assert HALT not in risk.breakers.tripped
        await until(lambda: not panel.state.notes)
        assert "unlocked" in scene.sentences()


async def test_a_lockout_is_begun_and_ended_with_a_wait(qtbot: QtBot) -> None:
    async with trading() as scene:
        panel = made(scene, qtbot)
        panel.state.lock_out.click()
        choice = await met(LockoutDialog)
        choice.yes.click()
        assert scene.desk.risk.lockout is not None
        assert not panel.state.lock_out.isVisible()
        panel.state.buttons["lockout"].click()
        dialog = await met(TypedSentenceDialog)
        dialog.line.setText("I have slept on it and want to trade again")
        dialog.yes.click()
        lock = scene.desk.risk.lockout
        assert lock is not None
        assert lock.opens_ms is not None
        assert "lockout" not in panel.state.buttons
        assert "You locked yourself out" in words(panel.state)


async def test_a_loosening_waits_and_can_be_undone(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as scene:
        key = "risk.max_position_percent"
        one = Waiting(key, Decimal(10), Decimal(20), scene.clock.now_ms() + 3 * HOUR_MS)
        monkeypatch.setattr(scene.desk.risk.limits, "waiting", lambda: (one,))
        wanted: list[tuple[str, object]] = []
        scene.context.setting_wanted.connect(lambda *change: wanted.append(change))
        panel = made(scene, qtbot)
        assert "Position per coin, strategies: 10 now, 20 then." in words(panel.state)
        panel.state.buttons[f"waits {key}"].click()
        assert wanted == [(key, Decimal(10))]


async def test_limits_that_contradict_each_other_are_named(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as scene:
        monkeypatch.setattr(scene.desk.risk, "conflicts", lambda: ("No order fits.",))
        panel = made(scene, qtbot)
        assert "Limits that contradict each other\nNo order fits." in words(panel.state)


async def test_calm_is_said_once_the_desk_is_ready(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as scene:
        monkeypatch.setattr(scene.desk, "_ready", False)
        panel = made(scene, qtbot)
        assert "Nothing stands" not in words(panel.state)
        monkeypatch.setattr(scene.desk, "_ready", True)
        panel.state.look()
        assert "Nothing stands against new risk" in words(panel.state)
