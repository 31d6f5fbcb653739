"""The lock in the top bar: a word, a colour and a padlock that say whether trading gestures act."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QPushButton

from hlmaster.ui.context import Context

LOCKED, ARMED = "Locked", "ARMED"
ICON = 14
MEANINGS = {
    False: "Trading keys, clicks and drags are locked; click to arm them",
    True: "Trading keys, clicks and drags act at once; click to lock them",
}


class ArmingSwitch(QPushButton):
    """Both words have the same room, so that nothing beside it moves."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._keys = ""
        self.setCheckable(True)
        self.setProperty("role", "arming")
        self.setIconSize(QSize(ICON, ICON))
        self.clicked.connect(context.arming.set)
        context.arming.changed.connect(lambda _: self.refresh())
        context.theme_changed.connect(lambda _: self.refresh())
        self.refresh()

    def show_keys(self, keys: str) -> None:
        self._keys = keys
        self.refresh()

    def sizeHint(self) -> QSize:
        widest = max(self.fontMetrics().horizontalAdvance(word) for word in (LOCKED, ARMED))
        return QSize(widest + ICON + 36, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def refresh(self) -> None:
        on, theme = self._context.arming.is_on, self._context.theme
        self.setChecked(on)
        self.setText(f" {ARMED if on else LOCKED}")
        self.setIcon(padlock(QColor(theme.on_colour if on else theme.muted), self.devicePixelRatioF(), is_open=on))
        self.setAccessibleName("Trading gestures: armed" if on else "Trading gestures: locked")
        self.setToolTip(f"{MEANINGS[on]}{f' ({self._keys})' if self._keys else ''}")
        self.updateGeometry()


def padlock(colour: QColor, ratio: float, *, is_open: bool) -> QIcon:
    """Drawn, so that it has the colour of its text in every theme and is sharp on every display."""
    picture = QPixmap(QSize(ICON, ICON) * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(colour, 1.5))
    left = 6.5 if is_open else 4.0
    painter.drawArc(QRectF(left, 1.5, 6, 7), 0, 180 * 16)
    painter.drawLine(QPointF(left, 5), QPointF(left, 7))
    if not is_open:
        painter.drawLine(QPointF(left + 6, 5), QPointF(left + 6, 7))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(2, 6.5, 10, 6.5), 1.5, 1.5)
    painter.end()
    return QIcon(picture)
