"""A caption with a figure under it, and the tone that colours a label."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from hlmaster.ui.theme import restyle


def set_tone(label: QLabel, tone: str) -> None:
    """``up`` and ``down`` for the market, ``good`` and ``danger`` for what went well or not, ``warning``, ``accent`` or
    nothing; the style sheet knows the colours."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        restyle(label)


class Readout(QWidget):
    """``SESSION`` over ``default``. ``sample`` reserves room, so that the row does not dance with its figures."""

    def __init__(self, caption: str, sample: str, tooltip: str = "") -> None:
        super().__init__()
        self._caption = QLabel(caption.upper())
        self._caption.setProperty("role", "caption")
        self._value = QLabel("–")
        self._value.setProperty("role", "figure")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addStretch(1)
        column.addWidget(self._caption)
        column.addWidget(self._value)
        column.addStretch(1)
        self._sample = sample
        self.setToolTip(tooltip)
        self.setAccessibleName(caption)

    def reserve(self) -> None:
        """Called once the style sheet's font applies."""
        self._value.ensurePolished()
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance(self._sample))

    def show_value(self, text: str, tone: str = "") -> None:
        if self._value.text() != text:
            self._value.setText(text)
        set_tone(self._value, tone)

    def set_caption(self, text: str) -> None:
        """As it is: the name of a coin is another one in capitals."""
        if self._caption.text() != text:
            self._caption.setText(text)
