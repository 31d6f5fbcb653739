"""Panels that go out of sight leave the keys to nobody; a button that Qt chose would be pressed by the next space."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from hlmaster.ui.workspaces.keyboard import return_keys


async def test_keys_go_back_to_what_is_seen_and_else_to_nobody(qtbot: QtBot) -> None:
    window, badge, line = QWidget(), QPushButton("LIVE"), QLineEdit()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    column.addWidget(line)
    column.addWidget(badge)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    line.setFocus()
    line.hide()
    assert badge.hasFocus(), "it is Qt that chooses"
    return_keys(line, (window,))
    assert QApplication.focusWidget() is None
    line.show()
    return_keys(line, (window,))
    assert line.hasFocus()
