"""What is painted inside the panes: functions that read the frame and paint; they decide nothing."""

import math
from functools import partial

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from hlmaster.ui.charts.frame import Frame
from hlmaster.ui.charts.layers import ON_TOP, Draw
from hlmaster.ui.charts.lines import FAINT, line_colour
from hlmaster.ui.charts.marks import placed
from hlmaster.ui.charts.own_pixels import own_pixels
from hlmaster.ui.charts.palette import faded, flat_pen
from hlmaster.ui.charts.panes import SubPane
from hlmaster.ui.charts.series import Columns
from hlmaster.ui.charts.shapes import candle_shapes, latest_candle, latest_volume, volume_bars
from hlmaster.ui.charts.strokes import fill
from hlmaster.ui.charts.studies_drawing import draw_fills, draw_studies
from hlmaster.ui.charts.study import PRICE_PANE, VOLUME_PANE
from hlmaster.ui.charts.tag import TAG_HEIGHT
from hlmaster.ui.ink import colour

__all__ = ["Draw", "draw_live", "draw_still_pane", "hatch", "within"]
DASHES, DOTS = (4.0, 3.0), (1.0, 2.0)
HATCH = 8
"""Pixels from stripe to stripe."""
MARK = 5.0
"""Half the width of a mark's triangle, and its distance from the candle."""


def within(painter: QPainter, area: QRectF, draw: Draw, frame: Frame) -> None:
    """Let `draw` paint into a part of the picture as if that were all of it, unless nothing there is painted now."""
    if painter.hasClipping() and not painter.clipBoundingRect().intersects(area):
        return
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.translate(area.topLeft())
    draw(painter, frame, QRectF(QPointF(0, 0), area.size()))
    painter.restore()


def draw_still_pane(painter: QPainter, frame: Frame, key: str) -> None:
    """All in a pane that a tick leaves alone."""
    pane = frame.panes.get(key)
    if pane is None:
        within(painter, frame.price_pane, _still_prices, frame)
    else:
        within(painter, pane.area, partial(_still_pane, pane), frame)


def draw_live(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """All in the panes that is painted at every repaint."""
    within(painter, frame.price_pane, _live_prices, frame)
    for pane in frame.panes.shown:
        within(painter, pane.area, partial(_live_pane, pane), frame)
    frame.layers.paint(painter, frame, area, "", (-math.inf, math.inf), kept=False)


def _still_prices(painter: QPainter, frame: Frame, area: QRectF) -> None:
    layers = frame.layers
    draw_fills(painter, frame, PRICE_PANE, frame.prices, kept=True)
    draw_grid(painter, frame, area)
    painter.setPen(flat_pen(frame.palette.grid))
    for price in frame.price_ticks:
        y = round(frame.y_of(price))
        painter.drawLine(0, y, int(area.width()), y)
    layers.paint(painter, frame, area, PRICE_PANE, (-math.inf, 0.0), kept=True)
    if frame.are_candles_shown:
        draw_candles(painter, frame, frame.closed)
    draw_studies(painter, frame, PRICE_PANE, frame.prices, area, kept=True)
    layers.paint(painter, frame, area, PRICE_PANE, (0.0, math.inf), kept=True)


def _live_prices(painter: QPainter, frame: Frame, area: QRectF) -> None:
    draw_fills(painter, frame, PRICE_PANE, frame.prices, kept=False)
    if frame.are_candles_shown and len(frame.latest):
        with own_pixels(painter, frame) as (own, _):
            _draw_latest(painter, own, latest_candle(own), frame.palette.up, frame.palette.down)
    draw_studies(painter, frame, PRICE_PANE, frame.prices, area, kept=False)
    frame.layers.paint(painter, frame, area, PRICE_PANE, (-math.inf, ON_TOP), kept=False)
    draw_marks(painter, frame, area)
    draw_lines(painter, frame, area)
    frame.layers.paint(painter, frame, area, PRICE_PANE, (ON_TOP, math.inf), kept=False)


def _still_pane(pane: SubPane, painter: QPainter, frame: Frame, area: QRectF) -> None:
    draw_fills(painter, frame, pane.key, pane.scale, kept=True)
    draw_grid(painter, frame, area)
    painter.setPen(flat_pen(frame.palette.grid))
    for value in pane.ticks:
        y = round(pane.scale.y_of(value))
        painter.drawLine(0, y, int(area.width()), y)
    frame.layers.paint(painter, frame, area, pane.key, (-math.inf, 0.0), kept=True)
    if pane.key == VOLUME_PANE:
        draw_volumes(painter, frame, pane, frame.closed)
    draw_studies(painter, frame, pane.key, pane.scale, area, kept=True)
    frame.layers.paint(painter, frame, area, pane.key, (0.0, math.inf), kept=True)
    # Not a line: where a pixel is several of the screen's, that would lie half above the pane.
    painter.fillRect(QRectF(0, 0, area.width(), 1), colour(frame.palette.border))


def _live_pane(pane: SubPane, painter: QPainter, frame: Frame, area: QRectF) -> None:
    draw_fills(painter, frame, pane.key, pane.scale, kept=False)
    if pane.key == VOLUME_PANE and len(frame.latest):
        palette = frame.palette
        with own_pixels(painter, frame) as (own, ratio):
            bars = latest_volume(own, pane.scale.enlarged(ratio))
            _draw_latest(painter, own, bars, palette.volume_up, palette.volume_down)
    draw_studies(painter, frame, pane.key, pane.scale, area, kept=False)
    frame.layers.paint(painter, frame, area, pane.key, (-math.inf, math.inf), kept=False)


def draw_grid(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """Day lines over the whole height, and hatching where candles are missing."""
    painter.setPen(flat_pen(frame.palette.grid))
    for tick in frame.time_ticks:
        if tick.strong:
            x = frame.column_of(tick.slot)
            painter.drawLine(x, 0, x, int(area.height()))
    first, last = frame.view.visible(len(frame.series))
    for slot in frame.series.gaps(first, last).tolist():
        gap = QRectF(frame.column_of(slot), 0, max(frame.view.pitch, 2.0), area.height())
        painter.fillRect(gap, faded(frame.palette.warning, 0.05))
        hatch(painter, gap, faded(frame.palette.warning, 0.45))


def hatch(painter: QPainter, area: QRectF, tone: QColor) -> None:
    """Stripes that hang on the area's upper left corner and move with it; Qt's own patterns hang on the screen."""
    seen = painter.clipBoundingRect().intersected(area)
    if seen.isEmpty():
        return
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(tone, 1))
    left, top, height = area.left(), area.top(), area.height()
    first, last = math.ceil((seen.left() - left) / HATCH), math.floor((seen.right() - left + height) / HATCH)
    feet = (left + stripe * HATCH for stripe in range(first, last + 1))
    painter.drawLines([QLineF(foot, top, foot - height, top + height) for foot in feet])
    painter.restore()


def draw_candles(painter: QPainter, frame: Frame, columns: Columns) -> None:
    columns = _seen(painter, frame, columns)
    if not len(columns):
        return
    with own_pixels(painter, frame) as (own, _):
        shapes = candle_shapes(own, columns)
        painter.setPen(Qt.PenStyle.NoPen)
        for tone, wicks, bodies in (
            (frame.palette.up, shapes.wicks_up, shapes.bodies_up),
            (frame.palette.down, shapes.wicks_down, shapes.bodies_down),
        ):
            painter.setBrush(colour(tone))
            fill(painter, wicks)
            fill(painter, bodies)


def _draw_latest(painter: QPainter, frame: Frame, bars: list[QRect], rising: str, falling: str) -> None:
    """The column that is still open, which every tick paints: no arrays of one value."""
    for bar in bars:
        painter.fillRect(bar, colour(rising if frame.latest.close[0] >= frame.latest.open[0] else falling))


def _seen(painter: QPainter, frame: Frame, columns: Columns) -> Columns:
    """The columns in the part of the picture that is painted."""
    clip = painter.clipBoundingRect()
    return frame.columns_between(columns, clip.left(), clip.right())


def draw_volumes(painter: QPainter, frame: Frame, pane: SubPane, columns: Columns) -> None:
    columns = _seen(painter, frame, columns)
    if not len(columns):
        return
    tones = (frame.palette.volume_up, frame.palette.volume_down)
    with own_pixels(painter, frame) as (own, ratio):
        painter.setPen(Qt.PenStyle.NoPen)
        for tone, bars in zip(tones, volume_bars(own, pane.scale.enlarged(ratio), columns), strict=True):
            painter.setBrush(colour(tone))
            fill(painter, bars)


def draw_lines(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """The dashed price lines with their words, and the dotted line of the latest price."""
    latest = float(frame.series.field("close")[-1])
    marked = [(latest, flat_pen(frame.last_colour(), DOTS))]
    for line in frame.lines:
        tone, opacity = line_colour(line.kind, frame.palette), FAINT if line.faint else 1.0
        marked.append((line.price, flat_pen(tone, DASHES, opacity=opacity)))
    for price, pen in marked:
        if frame.shows(price):
            y = round(frame.y_of(price))
            painter.setPen(pen)
            painter.drawLine(0, y, int(area.width()), y)
    painter.setFont(frame.fonts.small)
    for label in frame.labels:
        x = area.width() - 10 - frame.fonts.small_digit * len(label.text) if label.at_right else 6.0
        height = TAG_HEIGHT - 4
        box = QRectF(x, round(label.centre - height / 2), frame.fonts.small_digit * len(label.text) + 8, height)
        # Candles behind must not make the words unreadable, but the newest ones, on the right, matter more.
        painter.fillRect(box, faded(frame.palette.background, 0.45 if label.at_right else 0.82))
        painter.setPen(QColor(label.colour))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label.text)


def draw_marks(painter: QPainter, frame: Frame, area: QRectF) -> None:
    """Triangles at candles, with words to the side that has room."""
    if not frame.marks:
        return
    first, last = frame.view.visible(len(frame.series))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setFont(frame.fonts.small)
    tone = QColor(frame.palette.warning)
    for mark in placed(frame.marks, frame.series, first, last):
        x = (mark.slot + 0.5 - frame.view.left) * frame.view.pitch
        way = 1 if mark.rising else -1
        tip = frame.y_of(mark.price) + way * MARK
        foot = tip + way * 1.6 * MARK
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        painter.drawPolygon(QPolygonF([QPointF(x, tip), QPointF(x - MARK, foot), QPointF(x + MARK, foot)]))
        if mark.text:
            width = frame.fonts.small_digit * len(mark.text) + 8
            left = x + 2 * MARK if x + 2 * MARK + width <= area.width() else x - 2 * MARK - width
            box = QRectF(left, round((tip + foot) / 2 - TAG_HEIGHT / 2), width, TAG_HEIGHT - 2)
            painter.fillRect(box, faded(frame.palette.background, 0.6))
            painter.setPen(tone)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark.text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
