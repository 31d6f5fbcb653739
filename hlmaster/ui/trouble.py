"""The window for when there can be no window: one sentence, its cure and its code."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QMessageBox

from hlmaster.core.errors import HlError


async def show_trouble(error: HlError) -> None:
    """Show why the application cannot start, until it is read."""
    box = QMessageBox(QMessageBox.Icon.Critical, "HyperliquidMaster cannot start", error.sentence)
    box.setInformativeText(f"{error.cure} [{error.code}]".strip())
    read = asyncio.Event()
    box.finished.connect(lambda _: read.set())
    box.open()
    await read.wait()
    box.deleteLater()
