"""What a trade would do to each limit: one line and one bar each, the tightest first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hlmaster.core.proposals import LimitEffect
from hlmaster.ui.figures import veiled
from hlmaster.ui.ink import colour
from hlmaster.ui.theme import Theme, text_font

LINE = 18
BAR = 3
NEAR = 0.8
"""Share of a limit from which it is shown as near."""


def tightest_first(effects: Sequence[LimitEffect]) -> list[LimitEffect]:
    return sorted(effects, key=lambda effect: -effect.used_after)


class LimitBars(QWidget):
    """``Position  4.1 % → 8.2 % of 10 %``, with the part that the trade adds in the bar's brighter colour."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._effects: list[LimitEffect] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_effects(self, effects: Sequence[LimitEffect]) -> None:
        ordered = tightest_first(effects)
        if ordered == self._effects:
            return
        self._effects = ordered
        self.setAccessibleName("; ".join(words(effect) for effect in ordered))
        self.setToolTip("\n".join(words(effect) for effect in ordered))
        self.updateGeometry()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, len(self._effects) * LINE)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, len(self._effects) * LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(text_font(self._theme.caption_pixels + 1))
        metrics = painter.fontMetrics()
        for row, effect in enumerate(self._effects):
            top = row * LINE
            figures = veiled(f"{effect.before} → {effect.after} of {effect.limit}")
            room = metrics.horizontalAdvance(figures)
            line = QRectF(0, top, self.width(), LINE - BAR - 1)
            painter.setPen(colour(self._tone(effect)))
            painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figures)
            painter.setPen(colour(self._theme.muted))
            title = metrics.elidedText(effect.title, Qt.TextElideMode.ElideRight, max(0, self.width() - room - 8))
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
            self._bar(painter, effect, top + LINE - BAR - 1)
        painter.end()

    def _bar(self, painter: QPainter, effect: LimitEffect, top: int) -> None:
        width = self.width()
        before, after = (min(1.0, max(0.0, used)) * width for used in (effect.used_before, effect.used_after))
        painter.fillRect(QRectF(0, top, width, BAR), colour(self._theme.raised))
        painter.fillRect(QRectF(0, top, max(before, after), BAR), colour(self._tone(effect)))
        painter.fillRect(QRectF(0, top, min(before, after), BAR), colour(self._theme.faint))

    def _tone(self, effect: LimitEffect) -> str:
        if effect.used_after > 1:
            return self._theme.danger
        return self._theme.warning if effect.used_after >= NEAR else self._theme.accent


def words(effect: LimitEffect) -> str:
    """One limit as a sentence, for a tool tip and a screen reader."""
    return veiled(f"{effect.title}: {effect.before} now, {effect.after} with this trade, limit {effect.limit}")
