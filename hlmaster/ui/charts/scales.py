"""The axes: prices and volumes on the right, times below, the tags that stand on them, and the crosshair over all."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from hlmaster.ui.charts.drawing import (
    draw_live_prices,
    draw_live_volumes,
    draw_still_prices,
    draw_still_volumes,
    flat_pen,
    within,
)
from hlmaster.ui.charts.figures import compact, percent
from hlmaster.ui.charts.frame import ARROWS, TAG_HEIGHT, Frame, Tag
from hlmaster.ui.charts.palette import faded
from hlmaster.ui.charts.times import moment_text

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
WRAPPED = int(CENTRE) | int(Qt.TextFlag.TextWordWrap)
INSET = 8.0
ARROW_INSET = 2.0
ROW = 18.0


def draw_price_scale(painter: QPainter, frame: Frame, area: QRectF) -> None:
    painter.setFont(frame.fonts.numbers)
    painter.setPen(QColor(frame.palette.muted))
    for price in frame.price_ticks:
        y = frame.y_of(price)
        covered = any(abs(tag.centre - y) < (tag.height + TAG_HEIGHT) / 2 - 3 for tag in frame.tags)
        if not covered and 8 < y < area.height() - 8:
            painter.drawText(_row(area, y), RIGHT, frame.price_text(price))
    for tag in frame.tags:
        _draw_tag(painter, frame, area, tag)


def draw_still(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """Everything that a tick leaves alone."""
    within(painter, frame.price_pane, draw_still_prices, frame)
    within(painter, frame.volume_pane, draw_still_volumes, frame)
    draw_time_scale(painter, frame, frame.time_scale)


def draw_whole(painter: QPainter, frame: Frame) -> None:
    """All that the chart's layers show, in one go."""
    everywhere = QRectF(0, 0, frame.time_scale.width(), frame.time_scale.bottom())
    if len(frame.series):
        draw_still(painter, frame, everywhere)
        within(painter, frame.price_pane, draw_live_prices, frame)
        within(painter, frame.price_pane, draw_read_out, frame)
        within(painter, frame.volume_pane, draw_live_volumes, frame)
        draw_price_scale(painter, frame, frame.price_scale)
        draw_volume_scale(painter, frame, frame.volume_scale)
    draw_notice(painter, frame, everywhere)


def draw_volume_scale(painter: QPainter, frame: Frame, area: QRectF) -> None:
    painter.setFont(frame.fonts.small)
    painter.setPen(QColor(frame.palette.faint))
    painter.drawText(_row(area, 20.0 + area.top()), RIGHT, compact(frame.volume_high))


def draw_time_scale(painter: QPainter, frame: Frame, area: QRectF) -> None:
    painter.setPen(flat_pen(frame.palette.border))
    painter.drawLine(area.topLeft(), area.topRight())
    width = frame.price_pane.width()
    for tick in frame.time_ticks:
        x = frame.view.x_of(tick.slot + 0.5 if frame.columns.width == 1 else tick.slot)
        half = frame.fonts.small_digit * len(tick.text) / 2
        if half + 2 < x < width - half - 2:
            painter.setFont(frame.fonts.strong if tick.strong else frame.fonts.small)
            painter.setPen(QColor(frame.palette.text if tick.strong else frame.palette.muted))
            painter.drawText(QRectF(x - half - 8, area.top() + 1, 2 * half + 16, area.height() - 1), CENTRE, tick.text)


def draw_crosshair(painter: QPainter, frame: Frame, area: QRectF) -> None:
    if frame.cursor is None or frame.reading is None:
        return
    x, y = frame.cursor
    palette, pane = frame.palette, frame.price_pane
    column = int(frame.view.x_of(frame.cursor_slot + 0.5)) if frame.view.pitch >= 2 else round(x)
    painter.setPen(flat_pen(faded(palette.muted, 0.8), [3.0, 3.0]))
    painter.drawLine(column, 0, column, int(frame.time_scale.top()))
    painter.drawLine(0, round(y), int(pane.width()), round(y))
    text = ""
    if frame.reading.cursor_price is not None:
        text = frame.price_text(frame.reading.cursor_price)
    elif frame.volume_pane.height():
        share = (frame.volume_pane.bottom() - y) / (frame.volume_pane.height() - 20)
        text = compact(frame.volume_high * max(share, 0.0))
    painter.setFont(frame.fonts.numbers)
    box = QRectF(pane.width(), round(y - TAG_HEIGHT / 2), frame.price_scale.width(), TAG_HEIGHT)
    painter.fillRect(box, QColor(palette.raised))
    painter.setPen(QColor(palette.text))
    painter.drawText(box.adjusted(0, 0, -INSET, 0), RIGHT, text)
    moment = moment_text(frame.moment(frame.series.time_at(frame.cursor_slot)), frame.series.interval_ms)
    size = frame.fonts.small_digit * len(moment) + 16
    left = min(max(column - size / 2, 0.0), pane.width() - size)
    box = QRectF(left, frame.time_scale.top() + 3, size, frame.time_scale.height() - 6)
    painter.fillRect(box, QColor(palette.raised))
    painter.setFont(frame.fonts.small)
    painter.setPen(QColor(palette.text))
    painter.drawText(box, CENTRE, moment)


def draw_read_out(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """Open, high, low, close, change, volume and time in a row at the top left; the overlays' values in the next."""
    reading = frame.reading
    if reading is None:
        return
    palette = frame.palette
    painter.setFont(frame.fonts.small)
    moment = moment_text(frame.moment(reading.time_ms), frame.series.interval_ms)
    if reading.missing:
        count = f"{reading.missing:,} candle{'s' if reading.missing > 1 else ''} missing"
        _draw_cells(painter, frame, ROW / 2 + 4, [("", count, palette.warning), ("from", moment, palette.muted)])
        return
    colour = palette.up if reading.close >= reading.open else palette.down
    cells = [
        (name, frame.price_text(value), colour)
        for name, value in (("O", reading.open), ("H", reading.high), ("L", reading.low), ("C", reading.close))
    ]
    moved = palette.up if reading.change >= 0 else palette.down
    cells += [
        ("", percent(reading.change), moved),
        ("V", compact(reading.volume), palette.text),
        ("", moment, palette.muted),
    ]
    _draw_cells(painter, frame, ROW / 2 + 4, cells)
    values = [
        (name, float(frame.series.field(name)[reading.slot]), tint) for name, tint in frame.overlay_colours.items()
    ]
    legend = [(name, frame.price_text(value) if value == value else "-", tint) for name, value, tint in values]
    _draw_cells(painter, frame, ROW * 1.5 + 4, legend)


def _draw_cells(painter: QPainter, frame: Frame, y: float, cells: list[tuple[str, str, str]]) -> None:
    """Name and value pairs from the left; what does not fit into the pane is left out, from the right."""
    unit = frame.fonts.small_digit
    starts, x = [], 10.0
    for name, value, _ in cells:
        end = x + unit * (len(name) + bool(name) + len(value))
        if end > frame.price_pane.width() - 4:
            break
        starts.append(x)
        x = end + unit * 1.5
    if starts:
        painter.fillRect(QRectF(6, y - ROW / 2, x - 10, ROW), faded(frame.palette.background, 0.75))
    for start, (name, value, colour) in zip(starts, cells, strict=False):
        if name:
            painter.setPen(QColor(frame.palette.muted))
            painter.drawText(QPointF(start, y + 4), name)
            start += unit * (len(name) + 1)
        painter.setPen(QColor(colour))
        painter.drawText(QPointF(start, y + 4), value)


def _draw_tag(painter: QPainter, frame: Frame, area: QRectF, tag: Tag) -> None:
    box = QRectF(area.left(), round(tag.centre - tag.height / 2), area.width(), round(tag.height))
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


def _row(area: QRectF, y: float) -> QRectF:
    return QRectF(area.left(), y - ROW / 2, area.width() - INSET, ROW)


def draw_notice(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """What the chart waits for when it is empty, and why it is grey when its data is old."""
    palette = frame.palette
    painter.setFont(frame.fonts.words)
    if not len(frame.series):
        painter.setPen(QColor(palette.muted))
        painter.drawText(area, CENTRE, frame.stale or "Waiting for candles ...")
    elif frame.stale is not None:
        painter.fillRect(area, faded(palette.background, 0.6))
        room = QRectF(0, 0, max(frame.price_pane.width() - 44, 80), 200)
        words = QFontMetricsF(frame.fonts.words).boundingRect(room, WRAPPED, frame.stale)
        width, height = words.width() + 28, words.height() + 14
        box = QRectF(max((frame.price_pane.width() - width) / 2, 0), 56, width, height)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(flat_pen(palette.warning))
        painter.setBrush(QColor(palette.background))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.setPen(QColor(palette.warning))
        painter.drawText(box.adjusted(14, 0, -14, 0), WRAPPED, frame.stale)
