"""Small buttons that lie on a chart."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from hlmaster.ui.charts.palette import ChartPalette, Typefaces


class ChartButton(QAbstractButton):
    """Words in a rounded box; a checkable one glows in the accent colour while it is checked."""

    def __init__(self, text: str, tip: str, parent: QWidget, *, framed: bool) -> None:
        super().__init__(parent)
        self._framed = framed
        self.dress(ChartPalette())
        self.setText(text)
        self.setToolTip(tip)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def dress(self, palette: ChartPalette) -> None:
        self._colours = palette
        # Not the widget's font: that is the style sheet's where there is one.
        self._face = Typefaces(palette).small if not self._framed else Typefaces(palette).words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self._face).horizontalAdvance(self.text()) + 22, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        hovered = self.underMouse()
        if self._framed:
            painter.setPen(QPen(QColor(self._colours.accent if hovered else self._colours.raised)))
            painter.setBrush(QColor(self._colours.raised))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        shown = self._colours.text if self._framed else self._colours.faint
        lit = hovered or (self.isCheckable() and self.isChecked())
        painter.setPen(QColor(self._colours.accent if lit else shown))
        painter.setFont(self._face)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        painter.end()
