"""A form that makes its rows when they are shown says the same as one that has them all."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from hlmaster.settings import Settings
from hlmaster.ui import theme
from hlmaster.ui.form_builder import Form, Row


def form(qtbot: QtBot) -> tuple[Form, list[str]]:
    made: list[str] = []
    it = Form(Settings(), theme.theme("dark"), lazily=True)
    qtbot.addWidget(it)
    it.row_made.connect(lambda row: made.append(row.key))
    return it, made


def test_rows_come_a_few_at_a_time_in_their_order_and_never_as_windows(qtbot: QtBot) -> None:
    it, made = form(qtbot)
    assert made == []
    wanted = [key for key in it.values() if key.startswith("risk.")]
    it.show_section("risk")
    assert 0 < len(made) < len(wanted)
    last = it.row(wanted[-1])
    it.show()
    qtbot.waitUntil(lambda: len(made) == len(wanted))
    rows = [it.row(key) for key in wanted]
    assert all(row.isVisibleTo(it) for row in rows)
    assert rows[-1] is last
    it.grab()
    assert [row.y() for row in rows] == sorted(row.y() for row in rows)
    assert [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, Row)] == []


def test_a_head_stands_over_the_rows_of_its_section_and_is_never_a_window(qtbot: QtBot) -> None:
    tops = set(QApplication.topLevelWindows())
    it, _ = form(qtbot)
    assert it.findChildren(QLabel) == []
    for section in ("risk", "general"):
        it.show_section(section)
    assert it.sections[0] == "general"
    it.show()
    heads = {label.text(): label for label in it.findChildren(QLabel) if label.property("role") == "brand"}
    assert [text for text, head in heads.items() if head.isVisible()] == ["General"]
    assert it.filter("leverage") > 0
    it.grab()
    assert heads["Risk"].isVisible()
    assert heads["Risk"].y() < min(row.y() for row in it.findChildren(Row) if row.isVisible())
    assert not heads["General"].isVisible()
    assert len(set(QApplication.topLevelWindows()) - tops) == 1


def test_what_has_no_row_has_its_value_and_no_change(qtbot: QtBot) -> None:
    it, made = form(qtbot)
    whole = Form(Settings(), theme.theme("dark"))
    qtbot.addWidget(whole)
    assert it.values() == whole.values()
    assert it.changes() == {}
    it.row("general.privacy").editor.set_value(True)
    assert it.changes() == {"general.privacy": True}
    assert made == ["general.privacy"]
    it.settle(lambda key: "from the file")
    assert it.row("general.theme").origin_text == "from the file"


def test_a_search_finds_fields_that_have_no_row_yet(qtbot: QtBot) -> None:
    it, _ = form(qtbot)
    it.show_section("general")
    assert it.filter("slippage") == sum(row.isVisibleTo(it) for row in it.findChildren(Row)) > 0
    assert it.filter("no such words") == 0
    assert it.filter("") == len(it.values())
    assert it.row("general.theme").isVisibleTo(it)
