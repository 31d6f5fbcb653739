"""The table as a person meets it: pointer, keys, buttons, memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import QEvent, QItemSelectionModel, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QEnterEvent, QGuiApplication, QHelpEvent, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QStyleOptionViewItem, QToolTip
from pytestqt.qtbot import QtBot

from hlmaster.ui import theme
from hlmaster.ui.table import Action, Cell, Column, TableModel
from hlmaster.ui.table_cells import CellPainter, Index, inner
from hlmaster.ui.table_header import MOST_LETTERS, WIDEST
from hlmaster.ui.table_view import Table, Totals

NO_KEYS = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@dataclass(frozen=True)
class Job:
    name: str
    price: float


def actions(job: Job) -> Cell:
    close = Action("close", "Close", "Close it", confirm=True, key=Qt.Key.Key_Delete)
    return Cell(actions=(close, Action("look", "Look")))


COLUMNS: list[Column[Job]] = [
    Column("name", "Name", 100, lambda j: j.name, lambda j: Cell(j.name, badge="LONG", badge_role="up")),
    Column(
        "price",
        "Price",
        100,
        lambda j: j.price,
        lambda j: Cell(f"{j.price:g}", "up", "+1%"),
        right=True,
        detail_width=4,
        edit=lambda j: f"{j.price:g}",
    ),
    Column("extra", "Extra", 200, lambda j: j.price, lambda j: Cell("x"), spare=1),
    Column("actions", "", 160, lambda j: None, actions),
]


@pytest.fixture
def table(qtbot: QtBot) -> Table:
    model: TableModel[Job] = TableModel(COLUMNS, lambda job: job.name)
    made = Table(model, theme.theme("dark"), ("Nothing here", "It comes when it comes."))
    qtbot.addWidget(made)
    model.put(Job("a", 3), Job("b", 1), Job("c", 2))
    model.flush()
    made.resize(600, 200)
    made.show()
    return made


def button(table: Table, key: str, name: str) -> QPoint:
    return table.viewport().mapFromGlobal(table.button_place(key, name)) + QPoint(4, -6)


def press(table: Table, key: str, name: str) -> None:
    QTest.mouseClick(table.viewport(), LEFT, NO_KEYS, button(table, key, name))


def point_at(table: Table, key: str) -> None:
    QTest.mouseMove(table.viewport(), QPoint(30, table.rowViewportPosition(table.table.position(key)) + 8))


def armed(table: Table) -> object:
    return table.cells.armed


def acts(table: Table) -> list[tuple[object, str]]:
    seen: list[tuple[object, str]] = []
    table.acted.connect(lambda key, name: seen.append((key, name)))
    return seen


def test_neither_a_scroll_bar_nor_sorting_fixes_the_widths_that_columns_share(table: Table) -> None:
    table.resize(380, 60)
    table.sort_by("price")
    table.table.put(*(Job(f"job {i}", i) for i in range(20)))
    table.table.flush()
    table.sort_by("price", descending=True)
    table.resize(360, 60)
    assert table.horizontalHeader().isSectionHidden(2)
    table.resize(800, 200)
    assert not table.horizontalHeader().isSectionHidden(2)
    assert "widths" not in table.save_state()


def test_a_button_that_asks_back_acts_on_the_second_click(table: Table) -> None:
    seen = acts(table)
    press(table, "b", "close")
    assert seen == []
    assert armed(table) == ("b", "close")
    press(table, "b", "close")
    assert seen == [("b", "close")]
    assert armed(table) is None


def test_an_armed_button_does_not_arm_its_neighbours(table: Table) -> None:
    seen = acts(table)
    press(table, "b", "close")
    press(table, "c", "close")
    assert seen == []
    assert armed(table) == ("c", "close")


def test_a_double_click_is_no_second_thought(table: Table) -> None:
    seen = acts(table)
    at = button(table, "b", "close")
    QTest.mouseClick(table.viewport(), LEFT, NO_KEYS, at)
    QTest.mouseDClick(table.viewport(), LEFT, NO_KEYS, at)
    assert seen == []


def test_a_button_without_a_question_acts_at_once(table: Table) -> None:
    seen = acts(table)
    press(table, "a", "look")
    assert seen == [("a", "look")]


def test_rows_keep_their_places_while_the_pointer_is_over_them(table: Table) -> None:
    table.sort_by("price")
    QTest.mouseMove(table.viewport(), QPoint(30, 40))
    table.table.put(Job("a", 0))
    table.table.flush()
    assert table.table.keys() == ("b", "c", "a")
    QApplication.sendEvent(table, QEvent(QEvent.Type.Leave))
    assert table.table.keys() == ("a", "b", "c")


def test_a_vanished_row_cannot_be_pressed(table: Table) -> None:
    seen = acts(table)
    table.table.set_still(True)
    table.table.drop("b")
    table.table.flush()
    assert table.table.is_gone(1)
    press(table, "b", "look")
    assert seen == []


def test_keys_walk_over_the_buttons_of_a_row_and_press_them(table: Table) -> None:
    seen = acts(table)
    table.setCurrentIndex(table.table.index(0, 0))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(table, key)
    assert seen == [("a", "look")]
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert armed(table) == ("a", "close")
    QTest.keyClick(table, Qt.Key.Key_Escape)
    assert armed(table) is None
    assert seen == [("a", "look")]


def test_a_double_click_opens_a_row(table: Table) -> None:
    opened: list[object] = []
    table.opened.connect(opened.append)
    at = table.visualRect(table.table.index(2, 0)).center()
    QTest.mouseDClick(table.viewport(), LEFT, NO_KEYS, at)
    assert opened == ["c"]


def editor_of(table: Table) -> QLineEdit:
    table.edit(table.table.index(0, 1))
    editor = table.findChild(QLineEdit)
    assert editor is not None
    return editor


def edits(table: Table) -> list[tuple[object, str, str]]:
    seen: list[tuple[object, str, str]] = []
    table.table.edited.connect(lambda key, column, text: seen.append((key, column, text)))
    return seen


def test_enter_sends_what_was_typed_even_when_the_row_changed_meanwhile(qtbot: QtBot, table: Table) -> None:
    seen = edits(table)
    editor = editor_of(table)
    assert editor.text() == "3"
    editor.setText("3.5")
    table.table.put(Job("a", 4))
    table.table.flush()
    assert editor.text() == "3.5"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [("a", "price", "3.5")]


@pytest.mark.parametrize("leaving", [Qt.Key.Key_Escape, None])
def test_leaving_an_editor_without_enter_sends_nothing(table: Table, leaving: Qt.Key | None) -> None:
    seen = edits(table)
    editor = editor_of(table)
    editor.setText("9")
    if leaving is None:
        table.setFocus()
        editor.clearFocus()
    else:
        QTest.keyClick(editor, leaving)
    assert seen == []


def test_copy_takes_the_cell_or_all_selected_rows(table: Table) -> None:
    table.setCurrentIndex(table.table.index(0, 1))
    table.copy()
    assert QGuiApplication.clipboard().text() == "3 +1%"
    table.selectAll()
    table.copy()
    assert QGuiApplication.clipboard().text().splitlines()[1] == "b LONG\t1 +1%\tx"


def test_the_selection_stays_with_its_row_through_sorting(table: Table) -> None:
    table.selectRow(0)
    table.sort_by("price")
    assert table.table.key_at(table.selectionModel().selectedRows()[0].row()) == "a"


def test_columns_come_back_as_they_were_left(qtbot: QtBot, table: Table) -> None:
    header = table.horizontalHeader()
    header.moveSection(header.visualIndex(1), 0)
    table.setColumnWidth(0, 133)
    table.sort_by("price", descending=True)
    state = table.save_state()
    other = Table(TableModel(COLUMNS, lambda job: job.name), theme.theme("dark"), ("", ""))
    qtbot.addWidget(other)
    other.restore_state(state)
    assert other.save_state() == state
    assert other.columnWidth(0) == 133
    assert other.table.descending


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"order": "no", "hidden": 3, "widths": [1], "sort": 5},
        {
            "order": ["gone", 7, "price"],
            "hidden": ["name", "gone"],
            "widths": {"price": "wide", "name": 10**9},
            "sort": ["gone", True],
        },
    ],
)
def test_a_damaged_memory_leaves_a_usable_table(table: Table, state: dict[str, object]) -> None:
    table.restore_state(state)
    assert not table.isColumnHidden(0)
    assert all(20 <= table.columnWidth(i) < 1000 for i in range(4) if not table.isColumnHidden(i))


def test_spare_columns_give_way_before_buttons_do(table: Table) -> None:
    table.resize(600, 200)
    assert not table.isColumnHidden(2)
    table.resize(420, 200)
    assert table.isColumnHidden(2)
    assert table.save_state()["hidden"] == [], "what only lacks room is not hidden by the user"
    table.resize(600, 200)
    assert not table.isColumnHidden(2)


def test_it_paints_in_every_state(qtbot: QtBot, table: Table) -> None:
    totals = Totals(table)
    qtbot.addWidget(totals)
    totals.show_sums({"price": Cell("6", "up")})
    table.setCurrentIndex(table.table.index(1, 0))
    at = QPointF(30, 10)
    QApplication.sendEvent(table.viewport(), QEnterEvent(at, at, at))
    QTest.mouseMove(table.viewport(), button(table, "a", "close"))
    table.table.drop("c")
    table.table.flush()
    table.set_theme(theme.theme("light"))
    for widget in (table, totals):
        assert not widget.grab().isNull()
    table.let_go()
    table.table.drop("a", "b")
    table.table.flush()
    assert isinstance(table.grab(), QPixmap)


def test_a_row_s_own_verbs_come_first_in_its_menu(table: Table) -> None:
    asked: list[object] = []

    def fill(key: object, menu: QMenu) -> None:
        asked.append(key)
        menu.addAction("Look closer")

    table.menu_wanted.connect(fill)
    at = table.visualRect(table.table.index(1, 0)).center()
    table.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, table.viewport().mapToGlobal(at)))
    menu = table.findChild(QMenu)
    assert isinstance(menu, QMenu)
    assert asked == [table.table.key_at(1)]
    texts = [action.text() for action in menu.actions()]
    assert texts[:3] == ["Look closer", "", "Copy cell"]
    menu.close()


def test_a_share_is_a_bar_beside_its_text(qtbot: QtBot) -> None:
    columns: list[Column[Job]] = [
        Column("used", "Used", 120, lambda j: j.price, lambda j: Cell("x", "danger", share=j.price), right=True)
    ]
    model: TableModel[Job] = TableModel(columns, lambda job: job.name)
    made = Table(model, theme.theme("dark"), ("", ""))
    qtbot.addWidget(made)
    model.put(Job("none", 0.0), Job("half", 0.5), Job("over", 7.0))
    made.resize(260, 160)
    made.show()
    image = made.viewport().grab().toImage()
    red = QColor(theme.theme("dark").danger)
    filled = []
    for row in range(3):
        line = made.visualRect(model.index(row, 0))
        drawn = [x for x in range(line.left(), line.right()) if image.pixelColor(x, line.center().y()) == red]
        filled.append(sum(x < line.right() - 60 for x in drawn))
    assert filled[0] == 0
    assert filled[1] * 2 - 3 <= filled[2] <= filled[1] * 2 + 3
    assert filled[2] > 10


def test_rows_that_wait_for_the_pointer_to_leave_are_marked_as_paused(table: Table) -> None:
    table.sort_by("price")
    point_at(table, "a")
    assert not table._paused.isVisible(), "nothing has moved"
    table.table.put(Job("a", 0))
    table.table.flush()
    assert table._paused.isVisible()
    assert table._paused.geometry().bottom() < table.viewport().geometry().top()
    table.let_go()
    assert not table._paused.isVisible()
    assert table.table.keys()[0] == "a"


def test_the_whole_table_is_copied_with_its_titles_and_as_it_is_shown(table: Table) -> None:
    table.sort_by("price", descending=True)
    table._header.show_column(2, False)
    table.copy_table()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]
    assert lines == [["Name", "Price"], ["a LONG", "3 +1%"], ["c LONG", "2 +1%"], ["b LONG", "1 +1%"]]


def test_a_key_for_all_of_a_batch_presses_every_selected_row(qtbot: QtBot) -> None:
    cancel = Action("cancel", "Cancel", key=Qt.Key.Key_Delete, batch=True)
    columns = [COLUMNS[0], Column("actions", "", 100, lambda j: None, lambda j: Cell(actions=(cancel,)))]
    made = Table(TableModel(columns, lambda job: job.name), theme.theme("dark"), ("", ""))
    qtbot.addWidget(made)
    made.table.put(Job("a", 3), Job("b", 1), Job("c", 2))
    made.table.flush()
    made.show()
    pressed: list[str] = []
    made.acted.connect(lambda key, name: pressed.append(f"{name} {key}"))
    made.selectRow(0)
    made.setCurrentIndex(made.table.index(0, 0))
    for row in (0, 2):
        rows = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        made.selectionModel().select(made.table.index(row, 0), rows)
    QTest.keyClick(made, Qt.Key.Key_Delete)
    assert pressed == ["cancel a", "cancel c"]


def test_a_figure_without_room_is_written_shorter(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(QPainter, "drawText", lambda *arguments: written.append(str(arguments[-1])))
    room = table.palette_of.metrics["numbers"].horizontalAdvance("12.35M") + 2
    picture = QPixmap(10, 10)
    painter = QPainter(picture)
    for width in (room, room // 4):
        table.cells.paint_cell(painter, QRect(0, 0, width, 26), COLUMNS[2], Cell("12,345,678.90"))
    painter.end()
    assert written == ["12.35M", "…"]


def test_what_found_no_room_is_told_in_full(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda at, text, over: told.append(text))
    event = QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), QPoint(2, 2))
    index = table.table.index(table.table.position("b"), 1)
    for width in (200, 20):
        option = QStyleOptionViewItem()
        option.rect = QRect(0, 0, width, 26)
        table.cells.helpEvent(event, table, option, index)
    assert told == ["1 +1%"], "only where it is cut"


class Painted(CellPainter):
    """Counts."""

    count = 0

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.count += 1
        super().paint(painter, option, index)


def test_only_cells_that_read_differently_are_painted_again(qtbot: QtBot, table: Table) -> None:
    painted = Painted(table.table, table.palette_of, table)
    table.setItemDelegate(painted)
    qtbot.waitUntil(lambda: painted.count > 0)
    qtbot.wait(20)
    painted.count = 0
    table.table.put(Job("b", 7))
    table.table.flush()
    qtbot.wait(20)
    assert painted.count == 1, "its price; name, extra and buttons read as before"
    table.table.put(Job("b", 7))
    table.table.flush()
    qtbot.wait(20)
    assert painted.count == 1, "nothing changed"


def test_a_moving_pointer_paints_the_rows_it_leaves_and_comes_to(qtbot: QtBot, table: Table) -> None:
    painted = Painted(table.table, table.palette_of, table)
    table.setItemDelegate(painted)
    table._cells = painted
    point_at(table, "a")
    qtbot.wait(20)
    painted.count = 0
    point_at(table, "b")
    qtbot.wait(20)
    assert 0 < painted.count <= 2 * len(COLUMNS)


def test_words_after_figures_begin_further_from_them_than_figures_from_each_other() -> None:
    def column(right: bool) -> Column[Job]:
        return Column("key", "Key", 100, lambda j: j.name, lambda j: Cell(j.name), right=right)

    rect, columns = QRect(0, 0, 100, 26), [column(False), column(True), column(False), column(False)]
    lefts = [inner(rect, columns, number).left() for number in range(4)]
    assert lefts[0] == lefts[1] == lefts[3] < lefts[2]
    assert len({inner(rect, columns, number).right() for number in range(4)}) == 1


def test_a_column_of_names_widens_for_the_longest_up_to_a_limit(qtbot: QtBot) -> None:
    columns = [replace(COLUMNS[0], letters=3), *COLUMNS[1:]]
    model: TableModel[Job] = TableModel(columns, lambda job: job.name)
    table = Table(model, theme.theme("dark"), ("Nothing here", "It comes when it comes."))
    qtbot.addWidget(table)
    table.resize(600, 200)
    table.show()
    header = table.horizontalHeader()
    widths = []
    for name in ("ETH", "kDOGWIFHAT", "A" * 60):
        model.put(Job(name, 3))
        model.flush()
        widths.append(header.sectionSize(0))
        assert sum(header.sectionSize(i) for i in range(4)) <= table.viewport().width()
    letter = table._header.palette_of.letter
    assert widths[1] > widths[0]
    assert widths[2] <= 100 * WIDEST + MOST_LETTERS * letter
    for name in ("kDOGWIFHAT", "A" * 60):
        model.drop(name)
    model.flush()
    assert header.sectionSize(0) == widths[0]
