"""The window for when there can be no window: one sentence, its cure and its code, to be read and copied."""

from __future__ import annotations

import asyncio

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel

from hlmaster.core.errors import HlError
from hlmaster.ui import theme
from hlmaster.ui.dialogs.question import Question

WIDTH = 520
TITLE = "HyperliquidMaster cannot start"


class Trouble(Question):
    def __init__(self, error: HlError) -> None:
        super().__init__(None, TITLE, error.sentence, "Close", "&Copy", width=WIDTH)
        self._text = "\n".join(part for part in (TITLE, error.sentence, error.cure, f"[{error.code}]") if part)
        cure, code = QLabel(error.cure), QLabel(f"{error.code} · the log in the data folder has more")
        cure.setWordWrap(True)
        cure.setVisible(bool(error.cure))
        code.setProperty("role", "faint")
        for label in (cure, code):
            self.middle.addWidget(label)
        self.no.setToolTip("What is written here, to ask about it")
        self.no.clicked.disconnect()
        self.no.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text))
        self.no.setAutoDefault(False)
        self.yes.setFocus()


async def show_trouble(error: HlError) -> None:
    """Show why the application cannot start, until it is read."""
    application = QApplication.instance()
    if isinstance(application, QApplication) and not application.styleSheet():
        theme.load_fonts()
        theme.apply(application, theme.theme("dark"))
    window = Trouble(error)
    read = asyncio.Event()
    window.finished.connect(lambda _: read.set())
    window.open()
    await read.wait()
    window.deleteLater()
