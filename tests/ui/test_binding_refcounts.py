"""The Qt binding must leave the reference counts of None, True and False alone.

PySide6 6.12.0 on Python 3.11 drops a reference to None with every call of a C++ method that returns nothing, and the
process dies after some thousands of them. From Python 3.12 on these objects are immortal and their counts stand still.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import Qt

CALLS = 500
# Python itself keeps a few for its caches meanwhile; the fault costs one per call
TOLERANCE = 20

Calls = dict[str, Callable[[], object]]


def in_turn(*calls: Callable[[], object]) -> Callable[[], None]:
    def all_of_them() -> None:
        for call in calls:
            call()

    return all_of_them


def core_calls() -> Calls:
    thing, timer = QtCore.QObject(), QtCore.QTimer()
    rect, point = QtCore.QRectF(0, 0, 9, 9), QtCore.QPointF(1, 2)
    return {
        "QObject.setObjectName": lambda: thing.setObjectName("x"),
        "QObject.blockSignals": lambda: thing.blockSignals(False),
        "QObject.signalsBlocked": thing.signalsBlocked,
        "QObject.setProperty": lambda: thing.setProperty("a", True),
        "QObject.property": lambda: thing.property("a"),
        "QObject.property absent": lambda: thing.property("nothing"),
        "QObject.parent": thing.parent,
        "QTimer.setInterval": lambda: timer.setInterval(50),
        "QTimer.setSingleShot": lambda: timer.setSingleShot(True),
        "QTimer.isActive": timer.isActive,
        "QTimer.start and stop": in_turn(timer.start, timer.stop),
        "QRectF.setWidth": lambda: rect.setWidth(5),
        "QRectF.contains": lambda: rect.contains(point),
        "QRectF.isEmpty": rect.isEmpty,
        "QPointF.setX": lambda: point.setX(1),
        "QByteArray.isEmpty": QtCore.QByteArray(b"x").isEmpty,
    }


def drawing_calls(image: QtGui.QImage, painter: QtGui.QPainter) -> Calls:
    pen, path, font = QtGui.QPen(Qt.GlobalColor.red), QtGui.QPainterPath(), QtGui.QFont()
    rect, line = QtCore.QRectF(1, 1, 5, 5), QtCore.QLineF(0, 0, 5, 5)
    return {
        "QImage.fill": lambda: image.fill(0),
        "QImage.isNull": image.isNull,
        "QPen.setWidthF": lambda: pen.setWidthF(1.0),
        "QPen.setCosmetic": lambda: pen.setCosmetic(True),
        "QPen.isCosmetic": pen.isCosmetic,
        "QFont.setBold": lambda: font.setBold(False),
        "QFont.bold": font.bold,
        "QPainterPath.moveTo and lineTo": in_turn(path.clear, lambda: path.moveTo(0, 0), lambda: path.lineTo(1, 1)),
        "QPainter.setPen": lambda: painter.setPen(pen),
        "QPainter.setBrush": lambda: painter.setBrush(Qt.BrushStyle.NoBrush),
        "QPainter.setFont": lambda: painter.setFont(font),
        "QPainter.setRenderHint": lambda: painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing, False),
        "QPainter.save and restore": in_turn(painter.save, painter.restore),
        "QPainter.translate": lambda: painter.translate(0, 0),
        "QPainter.drawLine": lambda: painter.drawLine(line),
        "QPainter.drawRect": lambda: painter.drawRect(rect),
        "QPainter.fillRect": lambda: painter.fillRect(rect, Qt.GlobalColor.blue),
        "QPainter.drawPath": lambda: painter.drawPath(path),
        "QPainter.drawText": lambda: painter.drawText(QtCore.QPointF(2, 2), "1"),
        "QPainter.setClipRect": lambda: painter.setClipRect(rect),
    }


def widget_calls(window: QtWidgets.QMainWindow) -> Calls:
    label, button, box = QtWidgets.QLabel(window), QtWidgets.QPushButton(window), QtWidgets.QCheckBox(window)
    edit, spin, combo = QtWidgets.QLineEdit(window), QtWidgets.QDoubleSpinBox(window), QtWidgets.QComboBox(window)
    table, model = QtWidgets.QTableView(window), QtGui.QStandardItemModel(3, 3, window)
    table.setModel(model)
    header, tabs, dock = table.horizontalHeader(), QtWidgets.QTabWidget(window), QtWidgets.QDockWidget(window)
    index = model.index(0, 0)
    return {
        "QWidget.update": window.update,
        "QWidget.setVisible": lambda: label.setVisible(False),
        "QWidget.isVisible": label.isVisible,
        "QWidget.setEnabled": lambda: label.setEnabled(True),
        "QWidget.isEnabled": label.isEnabled,
        "QWidget.setToolTip": lambda: label.setToolTip("tip"),
        "QWidget.resize": lambda: label.resize(10, 10),
        "QWidget.layout": label.layout,
        "QLabel.setText": lambda: label.setText("1"),
        "QLabel.clear": label.clear,
        "QPushButton.setText": lambda: button.setText("Buy"),
        "QPushButton.setCheckable": lambda: button.setCheckable(True),
        "QCheckBox.setChecked": lambda: box.setChecked(True),
        "QCheckBox.isChecked": box.isChecked,
        "QLineEdit.setText": lambda: edit.setText("1"),
        "QLineEdit.setReadOnly": lambda: edit.setReadOnly(False),
        "QLineEdit.hasAcceptableInput": edit.hasAcceptableInput,
        "QDoubleSpinBox.setValue": lambda: spin.setValue(1.0),
        "QDoubleSpinBox.setRange": lambda: spin.setRange(0.0, 9.0),
        "QComboBox.addItem and clear": in_turn(lambda: combo.addItem("a"), combo.clear),
        "QTableView.setShowGrid": lambda: table.setShowGrid(False),
        "QTableView.setColumnWidth": lambda: table.setColumnWidth(0, 40),
        "QTableView.isRowHidden": lambda: table.isRowHidden(0),
        "QHeaderView.setStretchLastSection": lambda: header.setStretchLastSection(True),
        "QStandardItemModel.setData": lambda: model.setData(index, True),
        "QStandardItemModel.data": lambda: model.data(index),
        "QModelIndex.isValid": index.isValid,
        "QTabWidget.setCurrentIndex": lambda: tabs.setCurrentIndex(0),
        "QDockWidget.setWindowTitle": lambda: dock.setWindowTitle("Book"),
        "QDockWidget.isFloating": dock.isFloating,
        "QApplication.instance": QtWidgets.QApplication.instance,
    }


def drifts(calls: Calls) -> dict[str, dict[str, int]]:
    """Per call, by how much each constant's count moved over many calls; only those that moved."""
    constants = {"None": None, "True": True, "False": False}
    found = {}
    for name, call in calls.items():
        call()
        before = {word: sys.getrefcount(constant) for word, constant in constants.items()}
        for _ in range(CALLS):
            call()
        after = {word: sys.getrefcount(constant) for word, constant in constants.items()}
        moved = {word: after[word] - before[word] for word in constants if abs(after[word] - before[word]) > TOLERANCE}
        if moved:
            found[name] = moved
    return found


@pytest.mark.usefixtures("qapp")
def test_core_objects_leave_the_constants_alone() -> None:
    assert drifts(core_calls()) == {}


@pytest.mark.usefixtures("qapp")
def test_drawing_leaves_the_constants_alone() -> None:
    image = QtGui.QImage(32, 32, QtGui.QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QtGui.QPainter(image)
    try:
        assert drifts(drawing_calls(image, painter)) == {}
    finally:
        painter.end()


@pytest.mark.usefixtures("qapp")
def test_widgets_leave_the_constants_alone() -> None:
    window = QtWidgets.QMainWindow()
    assert drifts(widget_calls(window)) == {}
    window.deleteLater()
