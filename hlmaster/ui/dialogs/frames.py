"""Framed pieces that dialogs share: facts under their captions, and a form that scrolls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QDialog, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

MOST = 12
"""Lines of one fact: what is longer than that is not read, and its dialog not seen whole."""


class FittedDialog(QDialog):
    """As high as its words need at its width, also when a sentence joins them later."""

    def event(self, event: QEvent) -> bool:
        layout = self.layout()
        if event.type() is QEvent.Type.LayoutRequest and layout is not None:
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
        return super().event(event)


def lines(texts: Sequence[str], most: int | None = MOST) -> str:
    """One under the other, a long list cut short; ``most`` None for all."""
    hidden = 0 if most is None else max(0, len(texts) - most)
    return "\n".join((*texts[: len(texts) - hidden], *((f"and {hidden} more",) if hidden else ())))


def facts(rows: Iterable[tuple[str, str]]) -> QFrame:
    """Captions at the left, texts at the right; an empty text reads ``none``."""
    frame = _panel()
    grid = QGridLayout(frame)
    grid.setContentsMargins(12, 8, 12, 8)
    grid.setHorizontalSpacing(14)
    for row, (name, text) in enumerate(rows):
        caption, label = QLabel(name), QLabel(text or "none")
        caption.setProperty("role", "caption")
        label.setProperty("role", "number")
        label.setWordWrap(True)
        grid.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label, row, 1)
    grid.setColumnStretch(1, 1)
    return frame


def scrolling(form: QWidget) -> QFrame:
    """``form`` on a panel, as wide as that is and as high as it needs."""
    scroll = QScrollArea()
    scroll.setWidget(form)
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    for see_through in (scroll.viewport(), form):
        see_through.setAutoFillBackground(False)
    frame = _panel()
    inner = QVBoxLayout(frame)
    inner.setContentsMargins(1, 1, 1, 1)
    inner.addWidget(scroll)
    return frame


def _panel() -> QFrame:
    frame = QFrame()
    frame.setProperty("role", "panel")
    return frame


def walked_last(dialog: QWidget, *buttons: QWidget) -> None:
    """Tab comes to the buttons after whatever has been made since."""
    for button in buttons:
        last = dialog.previousInFocusChain()
        while last is not None and not last.focusPolicy() & Qt.FocusPolicy.TabFocus:
            last = last.previousInFocusChain()  # Qt puts nothing after what Tab passes over
        if last is not None and last is not button:
            QWidget.setTabOrder(last, button)
