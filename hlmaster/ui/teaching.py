"""What an empty place says: a heading, and under it a sentence that teaches how it is filled."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from hlmaster.ui.ink import colour
from hlmaster.ui.sizes import GAP
from hlmaster.ui.theme import Theme, text_font

MARGIN = 16
WRAPPED = int(Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap)
KEPT, MOST_HEIGHT = 512, 10_000
Lesson = tuple[str, str]


def paint_lesson(on: QWidget, heading: str, sentence: str, *, muted: str, faint: str) -> None:
    """All over the widget, within its paint event alone."""
    painter = QPainter(on)
    write_lesson(painter, on.rect(), (heading, sentence), muted=muted, faint=faint)
    painter.end()


def write_lesson(painter: QPainter, where: QRect, lesson: Lesson, *, muted: str, faint: str) -> None:
    """In the middle of the place, a little above; both wrap where it is narrow."""
    heading, sentence = lesson
    font, area = text_font(), where.adjusted(MARGIN, 0, -MARGIN, 0)
    head = _height(heading, area.width()) + GAP
    whole = head + _height(sentence, area.width())
    top = area.top() + max(GAP, min(area.height() - whole - GAP, (area.height() - whole) * 2 // 5))
    painter.setFont(font)
    painter.setPen(colour(muted))
    painter.drawText(QRect(area.left(), top, area.width(), head), WRAPPED, heading)
    painter.setPen(colour(faint))
    painter.drawText(QRect(area.left(), top + head, area.width(), area.height()), WRAPPED, sentence)


@lru_cache(KEPT)
def _height(words: str, width: int) -> int:
    """Pixels that they take when they wrap at that width."""
    return QFontMetrics(text_font()).boundingRect(0, 0, width, MOST_HEIGHT, WRAPPED, words).height()


class LessonView(QWidget):
    """A place of its own for a lesson, among other widgets."""

    def __init__(self, lesson: Lesson, theme: Theme) -> None:
        super().__init__()
        self._lesson, self._theme = lesson, theme
        self.setAccessibleName(". ".join(lesson))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        heading, sentence = self._lesson
        paint_lesson(self, heading, sentence, muted=self._theme.muted, faint=self._theme.faint)
