"""The keyed table: a repaint of what changed, a re-sort, a fill among five thousand, and the ticket's preview."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from tests.bench.report import Report, median_seconds

VISIBLE = 200
MANY = 5_000
SIZE = (1300, 240)


@dataclass(frozen=True, slots=True)
class Line:
    key: int
    price: float
    size: float


def run(report: Report) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication

    QApplication.instance() or QApplication([])
    table, model = _table(VISIBLE)
    picture = _painter(table)
    report.add(f"table, {VISIBLE} rows: whole repaint", median_seconds(picture, 20) * 1e3, "ms", at_most=6.0)
    turn = iter(range(10**9))

    def change_all() -> None:
        shift = next(turn)
        model.put(*(Line(i, i + shift * 0.1, 1.0) for i in range(VISIBLE)))
        model.flush()

    report.add(
        f"table, {VISIBLE} rows: all of them change and sort", median_seconds(change_all, 10) * 1e3, "ms", at_most=25.0
    )

    report.add(f"table, {VISIBLE} rows: cells painted when one changes", _cells_painted(table, model), "", at_most=11)

    def change_none() -> None:
        model.put(*model.rows())
        model.flush()

    report.add(f"table, {VISIBLE} rows: none of them changes", median_seconds(change_none, 20) * 1e3, "ms", at_most=2.0)

    table, model = _table(MANY)
    news = iter(range(MANY, 10**9))

    def one_more() -> None:
        model.put(Line(next(news), 1.0, 1.0))
        model.flush()

    report.add(f"table, {MANY:,} rows: one more, sorted", median_seconds(one_more, 10) * 1e3, "ms", at_most=25.0)


def _table(rows: int) -> tuple[Any, Any]:
    from hlmaster.ui import theme
    from hlmaster.ui.table import Cell, Column, TableModel
    from hlmaster.ui.table_view import Table

    columns: list[Column[Line]] = [
        Column("key", "Key", 100, lambda r: r.key, lambda r: Cell(str(r.key), badge="LONG 5×", badge_role="up")),
        *(
            Column(f"price{n}", "Price", 90, lambda r: r.price, lambda r: Cell(f"{r.price:,.2f}", "up"), right=True)
            for n in range(10)
        ),
    ]
    model: TableModel[Line] = TableModel(columns, lambda row: row.key)
    table = Table(model, theme.theme("dark"), ("", ""))
    table.resize(*SIZE)
    table.show()
    table.sort_by("price1", descending=True)
    model.put(*(Line(i, float(i), 1.0) for i in range(rows)))
    model.flush()
    return table, model


def _cells_painted(table: Any, model: Any) -> int:
    """Ten prices of one row that is in sight; its key reads as before. The row stays where it is sorted."""
    from PySide6.QtCore import QEventLoop, QTimer

    from hlmaster.ui.table_cells import CellPainter

    painted: list[int] = []

    class Counting(CellPainter):
        def paint(self, painter: Any, option: Any, index: Any) -> None:
            painted.append(index.column())
            super().paint(painter, option, index)

    def settle() -> None:
        loop = QEventLoop()
        QTimer.singleShot(50, loop.quit)
        loop.exec()

    counting = Counting(model, table.palette_of, table)
    before = table.itemDelegate()
    table.setItemDelegate(counting)
    settle()
    painted.clear()
    row = model.rows()[1]
    model.put(Line(row.key, row.price + 0.01, row.size))
    model.flush()
    settle()
    table.setItemDelegate(before)
    return len(painted)


def _painter(table: Any) -> Any:
    from PySide6.QtGui import QPixmap

    canvas = QPixmap(table.size())

    def paint() -> None:
        table.render(canvas)

    return paint
