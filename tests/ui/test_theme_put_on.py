"""A look that is put on in steps is the look that is put on at once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from hlmaster.ui import theme


def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    column = QVBoxLayout(made)
    tabs = QTabWidget()
    tabs.addTab(QTableWidget(2, 2), "Seen")
    tabs.addTab(QLineEdit("hidden behind it"), "Hidden")
    off, own = QPushButton("Off"), QLabel("Its own colour")
    off.setEnabled(False)
    own.setStyleSheet("color: #123456;")
    role = QLabel("quiet")
    role.setProperty("role", "muted")
    parts = [role, off, own, QPushButton("On"), QLineEdit(), QComboBox(), QCheckBox("Or not"), tabs]
    for part in parts:
        column.addWidget(part)
    parts[4].setProperty("placeholderText", "Find anything")
    for child in made.findChildren(QWidget):
        child.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # one window has the keys, the other not
    made.resize(400, 500)
    made.show()
    return made


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def places(widget: QWidget) -> list[QRect]:
    return [child.geometry() for child in widget.findChildren(QWidget)]


def test_in_steps_and_at_once_look_alike_and_nothing_moves(qtbot: QtBot, qapp: QApplication) -> None:
    theme.apply(qapp, theme.theme("dark"))
    there = window(qtbot)
    dark, stood = picture(there), places(there)
    for name in ("light", "dark_blue_orange", "light"):
        for _ in theme.dress(qapp, theme.theme(name)):
            qapp.processEvents()
            assert not there.updatesEnabled()
            assert places(there) == stood
        assert there.updatesEnabled()
    assert picture(there) == picture(window(qtbot)) != dark
    theme.apply(qapp, theme.theme("dark"))
    assert picture(there) == dark


def test_who_comes_or_changes_its_mind_meanwhile_is_dressed_like_everybody(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(theme, "AT_A_TIME", 3)
    theme.apply(qapp, theme.theme("dark"))
    there = window(qtbot)
    steps = theme.dress(qapp, theme.theme("dark_blue_orange"))
    for _ in range(3):
        next(steps)
    others = theme.dress(qapp, theme.theme("light"))
    next(others)
    del steps
    newcomer = window(qtbot)
    for _ in others:
        pass
    assert picture(there) == picture(newcomer) == picture(window(qtbot))
