"""The kill report says what was closed as a person would, and never more lines than can be read."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.ui.dialogs.frames import MOST
from hlmaster.ui.dialogs.kill_report import KillReport
from tests.ui.questions import words


def told(qtbot: QtBot, report: FlattenReport) -> str:
    dialog = KillReport(report, None)
    qtbot.addWidget(dialog)
    return words(dialog)


def test_positions_are_named_with_their_side(qtbot: QtBot) -> None:
    said = told(qtbot, FlattenReport(closed=("SOL -12", "kPEPE 0.5"), proof_ms=1))
    assert "12 SOL short\n0.5 kPEPE long" in said
    assert "PROBLEMS" not in said


def test_what_remains_is_told_in_the_same_words(qtbot: QtBot) -> None:
    order = "buy 15000 DOGE order at 3000.5"
    said = told(qtbot, FlattenReport(remaining=("ETH 1", order), problems=("The exchange refused.",)))
    assert "1 ETH long\nbuy 15,000 DOGE order at 3,000.5" in said
    assert "The exchange refused." in said


def test_what_is_left_is_not_known_without_a_statement(qtbot: QtBot) -> None:
    assert "not known" in told(qtbot, FlattenReport())


def test_a_long_list_is_cut_short(qtbot: QtBot) -> None:
    said = told(qtbot, FlattenReport(cancelled=tuple(f"order {n}" for n in range(MOST + 3)), proof_ms=1))
    assert f"order {MOST - 1}\nand 3 more" in said
    assert f"order {MOST}" not in said
