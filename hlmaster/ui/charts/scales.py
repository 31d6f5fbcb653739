"""The axes: prices and volumes on the right, times below, the tags that stand on them, and the crosshair over all."""

import math

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from hlmaster.ui.charts.axis import INSET, RIGHT, axis_of, draw_values, draw_words
from hlmaster.ui.charts.drawing import draw_live, draw_still_pane
from hlmaster.ui.charts.figures import compact, pane_label
from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.legend import KeptLegend
from hlmaster.ui.charts.palette import faded, flat_pen
from hlmaster.ui.charts.reading import Reading
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE
from hlmaster.ui.charts.tag import ARROWS, TAG_HEIGHT, Tag
from hlmaster.ui.charts.times import TimeTick, moment_text
from hlmaster.ui.ink import colour
from hlmaster.ui.teaching import write_lesson

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
WRAPPED = int(CENTRE) | int(Qt.TextFlag.TextWordWrap)
COMING = "They come with the connection, right after the first prices."
ARROW_INSET = 2.0
HALF_WORD = 6.0
"""Half the height of figures."""
NOTICE_PAD = 14
LEAST_PIXELS = 11
BESIDE = 3.0
"""Pixels that words keep from those beside them."""
QUOTE_LETTER = 12.0


def draw_tags(painter: QPainter, frame: Frame, area: QRectF) -> None:
    for tag in frame.tags:
        _draw_tag(painter, frame, area, tag)


def draw_still(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """Everything that a tick leaves alone."""
    for pane in frame.panes_shown():
        draw_still_pane(painter, frame, pane)
        draw_words(painter, frame, pane)
    draw_time_scale(painter, frame, frame.time_scale)


def draw_moving(painter: QPainter, frame: Frame, area: QRectF, legend: KeptLegend | None = None) -> None:
    """Everything that a tick or the mouse moves."""
    if frame.cursor is not None and frame.reading is not None:
        _draw_cross(painter, frame, *frame.cursor)
    draw_live(painter, frame, area)
    (legend or KeptLegend()).draw(painter, frame, area)
    draw_tags(painter, frame, frame.price_scale)
    for pane in frame.panes.shown:
        draw_values(painter, frame, pane)
    if frame.cursor is not None and frame.reading is not None:
        _draw_cross_labels(painter, frame, frame.reading, *frame.cursor)


def draw_whole(painter: QPainter, frame: Frame) -> None:
    """All that the chart's layers show, in one go."""
    if len(frame.series):
        draw_still(painter, frame, frame.whole)
        draw_moving(painter, frame, frame.whole)
    draw_notice(painter, frame, frame.whole)


def draw_time_scale(painter: QPainter, frame: Frame, area: QRectF) -> None:
    # Not a line: where a pixel is several of the screen's, that would reach into the pane above.
    painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), colour(frame.palette.border))
    width, fonts, palette = frame.price_pane.width(), frame.fonts, frame.palette
    for tick in frame.time_ticks:
        x, half = _span_of(frame, tick)
        if half + 2 < x < width - half - 2:
            ink = fonts.strong_ink if tick.strong else fonts.small_ink
            ink.use(painter, palette.text if tick.strong else palette.muted)
            # On whole pixels: between them a text that was kept may look otherwise than when it was first written.
            left, top = x - ink.width(tick.text) / 2, area.center().y() - ink.height / 2
            ink.again(painter, tick.text, math.floor(left + 0.5), math.floor(top + 0.5))


def _span_of(frame: Frame, tick: TimeTick) -> tuple[float, float]:
    """The middle of a mark on the time scale, and half the width of its words."""
    x = frame.view.x_of(tick.slot + 0.5 if frame.columns.width == 1 else tick.slot)
    return x, frame.fonts.small_digit * len(tick.text) / 2


def _draw_cross(painter: QPainter, frame: Frame, x: float, y: float) -> None:
    """Under the words of pills and legend, which it would strike out."""
    column = _cross_column(frame, x)
    painter.setPen(flat_pen(frame.palette.muted, (3.0, 3.0), opacity=0.8))
    painter.drawLine(column, 0, column, int(frame.time_scale.top()))
    painter.drawLine(0, round(y), int(frame.price_pane.width()), round(y))


def _cross_column(frame: Frame, x: float) -> int:
    return int(frame.view.x_of(frame.cursor_slot + 0.5)) if frame.view.pitch >= 2 else round(x)


def _draw_cross_labels(painter: QPainter, frame: Frame, reading: Reading, x: float, y: float) -> None:
    pane, column = frame.price_pane, _cross_column(frame, x)
    text, below = "", frame.panes.at(y)
    if reading.cursor_price is not None:
        text = frame.price_text(reading.cursor_price)
    elif below is not None:
        value = below.scale.value_at(y - below.area.top())
        is_volume = below.key == VOLUME_PANE
        room = int((frame.price_scale.width() - INSET) / frame.fonts.digit)
        text = compact(value) if is_volume else pane_label(value, below.scale.high - below.scale.low, room)
    box = QRectF(pane.width(), round(y - TAG_HEIGHT / 2), frame.price_scale.width(), TAG_HEIGHT)
    _clear_words(painter, frame, PRICE_PANE if below is None else below.key, box)
    _draw_cross_label(painter, frame, box, frame.fonts.numbers)
    painter.drawText(box.adjusted(0, 0, -INSET, 0), RIGHT, text)
    moment = moment_text(frame.moment(frame.series.time_at(frame.cursor_slot)), frame.series.interval_ms)
    size = frame.fonts.small_digit * len(moment) + 16
    left = round(min(max(column - size / 2, 0.0), pane.width() - size))
    box = QRectF(left, frame.time_scale.top() + 3, round(size), frame.time_scale.height() - 6)
    _clear_times(painter, frame, box)
    _draw_cross_label(painter, frame, box, frame.fonts.small)
    painter.drawText(box, CENTRE, moment)


def _clear_times(painter: QPainter, frame: Frame, box: QRectF) -> None:
    """Take away the times that a label would cut in half."""
    for tick in frame.time_ticks:
        x, half = _span_of(frame, tick)
        if box.left() - BESIDE < x + half and x - half < box.right() + BESIDE:
            words = QRectF(x - half - 1, box.top(), 2 * half + 2, box.height())
            painter.fillRect(words, colour(frame.palette.background))


def _clear_words(painter: QPainter, frame: Frame, pane: str, box: QRectF) -> None:
    """Take away the round values that a label would cut in half."""
    axis = axis_of(frame, pane)
    for word in frame.axis_words.get(pane, ()):
        middle = axis.top() + word.y
        if abs(middle - box.center().y()) < box.height() / 2 + HALF_WORD + 1:
            row = QRectF(axis.left() + 1, middle - HALF_WORD, axis.width() - 1, 2 * HALF_WORD)
            painter.fillRect(row, colour(frame.palette.background))


def _draw_cross_label(painter: QPainter, frame: Frame, box: QRectF, font: QFont) -> None:
    """The ground on which the crosshair says where it is, ready for its words."""
    painter.fillRect(box, colour(frame.palette.faint))
    painter.fillRect(box.adjusted(1, 1, -1, -1), colour(frame.palette.raised))
    painter.setFont(font)
    painter.setPen(colour(frame.palette.text))


def _draw_tag(painter: QPainter, frame: Frame, area: QRectF, tag: Tag) -> None:
    box = QRectF(area.left(), round(tag.centre - tag.height / 2), area.width(), round(tag.height))
    if tag.letter:
        _draw_quote(painter, frame, box, tag)
        return
    painter.fillRect(box, QColor(tag.colour))
    painter.setPen(QColor(frame.palette.on_tag))
    painter.setFont(frame.fonts.tag)
    if tag.beyond:
        painter.drawText(box.adjusted(ARROW_INSET, 0, 0, 0), LEFT, ARROWS[tag.beyond].strip())
    if not tag.below:
        painter.drawText(box.adjusted(0, 0, -INSET, 0), RIGHT, tag.text)
        return
    painter.drawText(QRectF(box.left(), box.top(), box.width() - INSET, TAG_HEIGHT), RIGHT, tag.text)
    painter.setFont(frame.fonts.small)
    rest = QRectF(box.left(), box.top() + TAG_HEIGHT - 4, box.width() - INSET, box.height() - TAG_HEIGHT + 4)
    painter.drawText(rest, RIGHT, tag.below)


def _draw_quote(painter: QPainter, frame: Frame, box: QRectF, tag: Tag) -> None:
    painter.fillRect(box, QColor(frame.palette.background))
    painter.fillRect(QRectF(box.left(), box.top(), QUOTE_LETTER, box.height()), QColor(tag.colour))
    painter.setFont(frame.fonts.small)
    painter.setPen(QColor(frame.palette.on_tag))
    painter.drawText(QRectF(box.left(), box.top(), QUOTE_LETTER, box.height()), CENTRE, tag.letter)
    painter.setPen(QColor(tag.colour))
    painter.drawText(box.adjusted(0, 0, -INSET, 0), RIGHT, tag.text)


def draw_notice(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """What the chart waits for when it is empty, and why it is grey when its data is old."""
    palette = frame.palette
    if not len(frame.series):
        lesson = ("No candles to draw yet", frame.stale or COMING)
        write_lesson(painter, area.toRect(), lesson, muted=palette.muted, faint=palette.faint)
    elif frame.stale is not None:
        painter.setFont(frame.fonts.words)
        painter.fillRect(area, faded(palette.background, 0.6))
        font, text = on_one_line(frame.fonts.words, frame.stale, area.width() - 2 * NOTICE_PAD - 8)
        room = QRectF(0, 0, max(area.width() - 2 * NOTICE_PAD - 8, 80), 200)
        words = QFontMetricsF(font).boundingRect(room, WRAPPED, text)
        width, height = math.ceil(words.width()) + 2 * NOTICE_PAD, words.height() + NOTICE_PAD
        box = QRectF(max((frame.price_pane.width() - width) / 2, 4), 56, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(flat_pen(palette.warning))
        painter.setBrush(QColor(palette.background))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setFont(font)
        painter.setPen(QColor(palette.warning))
        painter.drawText(box.adjusted(NOTICE_PAD - 1, 0, 1 - NOTICE_PAD, 0), WRAPPED, text)


def on_one_line(font: QFont, text: str, width: float) -> tuple[QFont, str]:
    """The largest font, down to `LEAST_PIXELS`, in which it fits; else in the least one what comes before its
    semicolon."""
    for pixels in range(font.pixelSize(), LEAST_PIXELS - 1, -1):
        smaller = QFont(font)
        smaller.setPixelSize(pixels)
        if QFontMetricsF(smaller).horizontalAdvance(text) <= width:
            return smaller, text
    return smaller, text.split(";")[0]
