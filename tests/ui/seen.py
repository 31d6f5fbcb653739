"""Every text of a widget that somebody can see, point at or have read out; painted ones too."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QBuffer, QIODevice, QModelIndex, QPoint, Qt
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QTextEdit, QWidget

ROLES = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)


def texts(widget: QWidget) -> Iterator[tuple[str, str]]:
    """(where, text), of the widget and all below it, hidden ones included."""
    for one in (widget, *widget.findChildren(QWidget)):
        where = f"{type(one).__name__} {one.accessibleName() or one.objectName()}"
        for text in (one.windowTitle(), one.toolTip(), one.accessibleName(), one.accessibleDescription()):
            yield where, text
        if isinstance(one, QLabel | QAbstractButton | QLineEdit):
            yield where, one.text()
        elif isinstance(one, QTextEdit):
            yield where, one.toPlainText()
    for model in widget.findChildren(QAbstractItemModel):
        columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())
        for row in range(model.rowCount(QModelIndex())):
            for column in range(columns):
                yield from ((type(model).__name__, str(model.index(row, column).data(role) or "")) for role in ROLES)
    yield from (("painted", text) for text in painted(widget))


def painted(widget: QWidget) -> list[str]:
    """What is drawn, word for word: a vector picture keeps letters as letters."""
    buffer, picture = QBuffer(), QSvgGenerator()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.setOutputDevice(buffer)
    picture.setSize(widget.size())
    widget.render(picture, QPoint(0, 0))
    del picture
    drawn = bytes(buffer.data().data()).decode(errors="replace")
    return [html.unescape(text).strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)]
