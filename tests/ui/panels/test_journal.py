"""The journal: what each trade made, and what was written about it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.core.errors import StorageError
from hlmaster.core.events import FillsReported
from hlmaster.core.model import Side
from hlmaster.core.records import Dossier, Trade
from hlmaster.desk.trade_journal import LONGEST_NOTE
from hlmaster.ui.dialogs.dossier import DossierDialog
from hlmaster.ui.panels.journal import JournalPanel
from tests.trading.scenes import fill
from tests.ui.decided import ready, trades
from tests.ui.desks import NOW, TradingScene, settled, shown
from tests.ui.panels.rows import text
from tests.ui.questions import met

D = Decimal


def made(scene: TradingScene, qtbot: QtBot) -> JournalPanel:
    panel = JournalPanel(scene.context)
    qtbot.addWidget(panel)
    shown(panel, 1800, 320)
    panel.model.flush()
    return panel


def asked(panel: JournalPanel) -> bool:
    return not panel.prompt.isHidden()


def booked(scene: TradingScene) -> None:
    """One trade, as the books know it."""
    fills = (fill(Side.BUY, "2", "3000", NOW + 1_000, fee=D("1.5")), fill(Side.SELL, "2", "3100", NOW + 66_000))
    scene.bus.publish(FillsReported(fills))


async def test_an_empty_journal_says_what_it_is_for(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        assert panel.table._empty[0] == "No closed trades yet"
        assert not panel.entry.tags.isEnabled()
        assert panel.totals is not None
        assert not panel.totals.isVisible()


async def test_a_closed_trade_is_listed_with_its_costs_apart(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        monkeypatch.setattr(scene.desk.records, "trades", trades)
        panel = made(scene, qtbot)
        assert [row.trade_id for row in panel.model.rows()] == ["t3", "t2", "t1"]
        found = {c.key: text(panel, "t1", c.key) for c in panel.model.columns}
        assert found["coin"] == "ETH LONG"
        assert found["source"] == "Triple confluence"
        assert (found["realised"], found["fees"], found["funding"], found["slippage"], found["net"]) == (
            "+$9.91",
            "$1.30",
            "-$0.02",
            "$0.17",
            "+$8.59",
        )
        assert (found["multiple"], found["best"], found["worst"]) == ("+0.72", "+$14.20", "-$3.10")
        assert text(panel, "t3", "multiple") == "–"


async def test_sums_follow_the_filter_and_name_nothing_that_is_not_known(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready() as scene:
        monkeypatch.setattr(scene.desk.records, "trades", trades)
        panel = made(scene, qtbot)
        assert panel.totals is not None
        assert panel.totals.sums["slippage"].text == "–"
        assert panel.summary.text().startswith("3 trades · 67% won")
        panel.tag.choose("trend")
        assert [row.trade_id for row in panel.model.rows()] == ["t1"]
        assert panel.totals.sums["net"].text == "+$8.59"
        assert panel.totals.sums["slippage"].text == "$0.17"
        panel.source.choose("manual")
        assert panel.model.rows() == []
        assert panel.table._empty[0] == "No such trades"


async def test_the_shown_trades_go_into_a_file(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with ready() as scene:
        monkeypatch.setattr(scene.desk.records, "trades", trades)
        panel = made(scene, qtbot)
        panel.source.choose("momentum_scalper")
        panel.export(tmp_path / "journal.csv")
        lines = (tmp_path / "journal.csv").read_text().splitlines()
        assert len(lines) == 2
        assert '"chop, late"' in lines[1]


async def test_tags_and_a_note_are_written_from_the_form(qtbot: QtBot) -> None:
    async with ready() as scene:
        booked(scene)
        panel = made(scene, qtbot)
        panel.table.selectRow(0)
        assert not panel.entry.save.isEnabled()
        panel.entry.tags.setText("trend, late , trend")
        QTest.keyClicks(panel.entry.note, "Too big.")
        QTest.keyClick(panel.entry.note, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        panel.entry.save.click()
        (written,) = scene.desk.records.trades()
        assert (written.tags, written.note) == (("trend", "late"), "Too big.")
        assert not panel.entry.save.isEnabled()
        assert text(panel, written.trade_id, "tags") == "trend, late"


async def test_tags_are_edited_in_place(qtbot: QtBot) -> None:
    async with ready() as scene:
        booked(scene)
        panel = made(scene, qtbot)
        (before,) = scene.desk.records.trades()
        panel.model.edited.emit(before.trade_id, "tags", "chop")
        (after,) = scene.desk.records.trades()
        assert after.tags == ("chop",)
        assert panel.entry.tags.text() == ""
        panel.model.edited.emit("gone", "tags", "x")
        assert "nothing was written" in scene.sentences()


async def test_what_is_too_long_is_refused_and_stays_in_the_form(qtbot: QtBot) -> None:
    async with ready() as scene:
        booked(scene)
        panel = made(scene, qtbot)
        panel.table.selectRow(0)
        panel.entry.note.setPlainText("x" * (LONGEST_NOTE + 3))
        assert panel.entry.save.text() == "3 letters too many"
        assert not panel.entry.save.isEnabled()
        panel.entry.note.setPlainText("")
        panel.entry.tags.setText("a" * 50)
        panel.entry.tags.textEdited.emit(panel.entry.tags.text())
        panel.entry.save.click()
        assert "A trade takes 20 tags" in scene.sentences()
        assert panel.entry.tags.text() == "a" * 50


async def test_what_is_being_typed_outlives_changes_of_the_trade(qtbot: QtBot) -> None:
    async with ready() as scene:
        booked(scene)
        panel = made(scene, qtbot)
        panel.table.selectRow(0)
        panel.entry.note.setPlainText("half a thou")
        (one,) = scene.desk.records.trades()
        scene.desk.records.tag(one.trade_id, ("x",))
        panel.model.flush()
        assert panel.entry.note.toPlainText() == "half a thou"


async def test_enter_opens_the_dossier_and_an_unreadable_one_says_so(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ready() as scene:

        async def dossier(key: str) -> Dossier:
            raise StorageError(f"Nothing is kept of {key}.", "It may belong to another session.")

        monkeypatch.setattr(scene.desk.records, "dossier", dossier)
        monkeypatch.setattr(scene.desk.records, "trades", lambda: [of_manual()])
        panel = made(scene, qtbot)
        panel.table.selectRow(0)
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
        dialog = await met(DossierDialog)
        await settled(scene)
        assert "Nothing is kept of t3." in dialog.message.text()
        dialog.close()


def of_manual() -> Trade:
    return trades()[2]


async def test_a_trade_without_a_note_is_asked_about_quietly_and_written_in_two_clicks(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        assert not asked(panel)
        booked(scene)
        panel.model.flush()
        (key,) = (row.trade_id for row in panel.model.rows())
        assert panel.prompt.text() == "1 trade wants a note"
        assert asked(panel)
        assert not panel.entry.trade_id, "nothing is opened by itself"
        panel.prompt.click()
        assert panel.entry.trade_id == key
        panel.entry.chips.chips["planned"].click()
        panel.entry.chips.chips["late"].click()
        panel.entry.chips.chips["planned"].click()
        assert panel.entry.tags.text() == "late"
        panel.entry.note.setPlainText("Too late.")
        panel.entry.save.click()
        panel.model.flush()
        written = scene.desk.records.trades()[0]
        assert (written.tags, written.note) == (("late",), "Too late.")
        assert not asked(panel)
        assert not panel.prompt.isChecked(), "with nothing left every trade is shown again"
        assert [row.trade_id for row in panel.model.rows()] == [key]


async def test_nothing_to_add_is_remembered_with_the_layout(qtbot: QtBot) -> None:
    async with ready() as scene:
        panel = made(scene, qtbot)
        booked(scene)
        panel.model.flush()
        panel.prompt.click()
        assert panel.entry.leave.isVisibleTo(panel.entry)
        panel.entry.leave.click()
        panel.model.flush()
        assert not asked(panel)
        assert not panel.entry.leave.isVisibleTo(panel.entry)
        again = made(scene, qtbot)
        assert asked(again)
        again.restore_state(panel.save_state())
        again.model.touch()
        again.model.flush()
        assert not asked(again)


async def test_the_prompt_leaves_only_what_is_not_written(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with ready() as scene:
        monkeypatch.setattr(scene.desk.records, "trades", trades)
        panel = made(scene, qtbot)
        panel.tag.choose("trend")
        panel.prompt.click()
        assert [row.trade_id for row in panel.model.rows()] == ["t3"]
        panel.prompt.click()
        panel.model.flush()
        assert len(panel.model.rows()) == 3
