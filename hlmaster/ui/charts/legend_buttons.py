"""Hide, settings and remove: three small buttons that come up at a study's name under the mouse."""

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from hlmaster.ui.charts.palette import ChartPalette
from hlmaster.ui.charts.study import Study

SIZE = 18
NAMES = {"eye": "Show or hide the study", "gear": "Settings of the study", "x": "Remove the study"}


class SignButton(QAbstractButton):
    """One of the signs `eye`, `gear` and `x`, painted; a hidden study's eye is struck through."""

    def __init__(self, sign: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._sign = sign
        self.setAccessibleName(NAMES[sign])
        self.is_struck = False
        self.colours = ChartPalette()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedSize(SIZE, SIZE)

    def sizeHint(self) -> QSize:
        return QSize(SIZE, SIZE)

    def say(self, words: str) -> None:
        self.setToolTip(words)
        self.setAccessibleName(words)

    def enterEvent(self, event: QEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self.colours.accent if self.underMouse() else self.colours.text), 1.2))
        middle = QPointF(SIZE / 2, SIZE / 2)
        if self._sign == "x":
            for way in (1, -1):
                painter.drawLine(middle + QPointF(-3.5, -3.5 * way), middle + QPointF(3.5, 3.5 * way))
        elif self._sign == "eye":
            painter.drawEllipse(middle, 5.5, 3.5)
            painter.drawEllipse(middle, 1.3, 1.3)
            if self.is_struck:
                painter.drawLine(middle + QPointF(-5, 5), middle + QPointF(5, -5))
        else:
            painter.drawEllipse(middle, 3.2, 3.2)
            for _ in range(8):
                painter.translate(middle)
                painter.rotate(45)
                painter.translate(-middle)
                painter.drawLine(middle + QPointF(0, -3.2), middle + QPointF(0, -5.6))
        painter.end()


class LegendButtons(QWidget):
    """Lies on the chart while the mouse is at a study's name, over its values."""

    asked = Signal(str)
    hidden = Signal(str)
    closed = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._key = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 0, 1, 0)
        row.setSpacing(0)
        self.eye, self.gear, self.cross = (SignButton(sign, self) for sign in ("eye", "gear", "x"))
        for button, signal in ((self.eye, self.hidden), (self.gear, self.asked), (self.cross, self.closed)):
            row.addWidget(button)
            button.clicked.connect(lambda _=False, signal=signal: self._emit(signal))
        self.dress(ChartPalette())
        self.hide()

    def dress(self, palette: ChartPalette) -> None:
        self._colours = palette
        for button in (self.eye, self.gear, self.cross):
            button.colours = palette
        self.update()

    def offer(self, key: str, name: str, study: Study | None, at: QPoint) -> None:
        """Stand at `at` for the study of this key; the volume, which is None, can only be removed."""
        self._key = key
        self.eye.setVisible(study is not None)
        self.gear.setVisible(study is not None and study.has_settings)
        self.eye.is_struck = study is not None and study.is_hidden
        self.eye.say(f"Show {name}" if self.eye.is_struck else f"Hide {name}")
        self.gear.say(f"Settings of {name}")
        self.cross.say(f"Remove {name}")
        self.adjustSize()
        self.move(at)
        self.show()
        self.raise_()

    def _emit(self, signal: SignalInstance) -> None:
        self.hide()
        signal.emit(self._key)

    def leaveEvent(self, event: QEvent) -> None:
        self.hide()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._colours.border)))
        painter.setBrush(QColor(self._colours.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.end()
