"""The window for when there can be no window: one sentence, its cure and its code, to be read and copied."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

from hlmaster.core.errors import HlError
from hlmaster.ui import theme
from hlmaster.ui.dialogs.question import Question

WIDTH, LOGS = 520, "*/*/log/hlmaster.jsonl"
TITLE = "HyperliquidMaster cannot start"


class Trouble(Question):
    def __init__(self, error: HlError, data: Path) -> None:
        """``data``: the folder whose newest log tells more."""
        super().__init__(None, TITLE, error.sentence, "Close", "&Copy", width=WIDTH)
        logs = sorted(data.glob(LOGS), key=lambda log: log.stat().st_mtime_ns)
        told = f"The log has more: {logs[-1]}" if logs else ""
        said = (TITLE, error.sentence, error.cure, told, f"[{error.code}]")
        self._text = "\n".join(part for part in said if part)
        cure, log, code = QLabel(error.cure), QLabel(told), QLabel(error.code)
        # A path has no blank to break at
        log.setText(told.replace(os.sep, f"{os.sep}\N{ZERO WIDTH SPACE}"))
        for label in (cure, log):
            label.setWordWrap(True)
            label.setVisible(bool(label.text()))
        for label in (log, code):
            label.setProperty("role", "faint")
        for label in (cure, log, code):
            self.middle.addWidget(label)
        self.no.setToolTip("What is written here, to ask about it")
        self.no.clicked.disconnect()
        self.no.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text))
        self.no.setAutoDefault(False)
        self.yes.setFocus()


async def show_trouble(error: HlError, data: Path) -> None:
    """Show why the application cannot start, until it is read."""
    application = QApplication.instance()
    if isinstance(application, QApplication) and not application.styleSheet():
        theme.load_fonts()
        theme.apply(application, theme.theme("dark"))
    window = Trouble(error, data)
    read = asyncio.Event()
    window.finished.connect(lambda _: read.set())
    window.open()
    await read.wait()
    window.deleteLater()
